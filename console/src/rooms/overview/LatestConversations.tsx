/** The latest conversations, or how to get the first one. */
import { Button } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { conversationsQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { Portrait } from "../../ui/Portrait";
import classes from "./OverviewRoom.module.css";

const SHOWN = 7;

export function LatestConversations() {
  const { t, format } = useLanguage();
  const { projectId, project } = useProject();
  const { data, isPending } = useInfiniteQuery(conversationsQuery(projectId));
  const latest = data?.pages[0]?.items.slice(0, SHOWN);
  const bot = project?.bots.find(({ channels }) => channels.includes("webchat"));
  return (
    <section className={classes.card} aria-labelledby="latest">
      <header className={classes.cardHead}>
        <h2 id="latest">{t("overview.latest")}</h2>
        <Link to="/conversations">{t("overview.allConversations")}</Link>
      </header>
      {isPending && <ListSkeleton rows={5} round />}
      {latest?.length === 0 && (
        <EmptyState icon={IconMessages} title={t("conversations.emptyTitle")} text={t("conversations.emptyText")}>
          {bot && (
            <Button component="a" href={`/chat/${encodeURIComponent(bot.id)}`} target="_blank" rel="noopener" variant="light">
              {t("conversations.tryBot", { bot: bot.title })}
            </Button>
          )}
        </EmptyState>
      )}
      <ul>
        {latest?.map(({ id, contact, last_text, last_message_at }) => (
          <li key={id}>
            <Link to="/conversations/$conversationId" params={{ conversationId: id }} className={classes.entry}>
              <Portrait name={contact.name ?? contact.phone} id={id} size={32} />
              <span className={classes.body}>
                <strong>{contact.name ?? (contact.phone ? format.phone(contact.phone) : t("contact.nameless"))}</strong>
                <span>{last_text ?? t("conversation.noText")}</span>
              </span>
              <time dateTime={last_message_at ?? undefined}>{format.moment(last_message_at)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
