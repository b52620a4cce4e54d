/** All conversations of a person, over all channels. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { contactHistoryQuery } from "../../api/contacts";
import type { Contact, Holder } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ChannelMark } from "../../ui/ChannelMark";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { useListKeys } from "../../ui/listKeys";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Card } from "./Card";
import classes from "./ContactPage.module.css";

export function Conversations({ person }: { person: Contact }) {
  const { t, format } = useLanguage();
  const { projectId, botTitle } = useProject();
  const onListKey = useListKeys();
  const { data, error, isPending, refetch } = useQuery(contactHistoryQuery(projectId, person.id));
  return (
    <Card title={t("conversations.title")}>
      {isPending && <ListSkeleton rows={3} />}
      {error && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && <p className={classes.quiet}>{t("conversations.emptyTitle")}</p>}
      <ul aria-label={t("conversations.title")} onKeyDown={onListKey} data-testid="contact-conversations">
        {data?.items.map(({ conversation_id, bot, channel, holder, last_text, last_message_at }) => (
          <li key={conversation_id}>
            <Link
              to="/conversations/$conversationId"
              params={{ conversationId: conversation_id }}
              className={classes.entry}
              data-entry
            >
              <ChannelMark channel={channel} />
              <span className={classes.line}>
                {botTitle(bot)} · {t(`holder.${holder as Holder}`)}
                <small>{last_text ?? t("conversation.noText")}</small>
              </span>
              <time dateTime={last_message_at}>{format.moment(last_message_at)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
