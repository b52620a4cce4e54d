/** One open conversation: who it is with, the thread, and what the bot knows. */
import { ActionIcon, Drawer } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { conversationQuery } from "../../api/queries";
import type { ConversationDetail } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useEscape } from "../../app/escape";
import { useLanguage } from "../../language/LanguageProvider";
import { BackButton } from "../../ui/PageHeader";
import { ChannelMark } from "../../ui/ChannelMark";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { Portrait } from "../../ui/Portrait";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Composer } from "./Composer";
import { ContactPanel } from "./ContactPanel";
import classes from "./ConversationPage.module.css";
import { DeskActions } from "./DeskActions";
import { HolderMark } from "./HolderMark";
import { useMarkRead } from "./read";
import { Thread } from "./Thread";

export function ConversationPage() {
  const { t } = useLanguage();
  const { conversationId } = useParams({ from: "/inside/conversations/$conversationId" });
  const { projectId } = useProject();
  const { data, error, refetch } = useQuery(conversationQuery(projectId, conversationId));
  useMarkRead(projectId, data);
  const wide = useMediaQuery("(min-width: 1200px)");
  const [detailsOpen, details] = useDisclosure(false);
  const navigate = useNavigate();
  const search = useSearch({ from: "/inside/conversations" });
  useEscape(() => void navigate({ to: "/conversations", search }));

  if (error && !data) {
    return (
      <div className={classes.problem}>
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  return (
    <div className={classes.page}>
      <div className={classes.main}>
        {data ? <Heading conversation={data} onDetails={wide ? undefined : details.open} /> : <ListSkeleton rows={1} round />}
        <Thread key={conversationId} conversationId={conversationId} contact={data?.contact.name ?? t("author.contact")} />
        {data && <Composer key={`write-${conversationId}`} conversation={data} />}
      </div>
      {wide && data && (
        <aside className={classes.aside} aria-label={t("contact.title")}>
          <ContactPanel conversation={data} />
        </aside>
      )}
      {data && (
        <Drawer
          opened={detailsOpen && !wide}
          onClose={details.close}
          position="right"
          title={t("contact.title")}
          closeButtonProps={{ "aria-label": t("action.close") }}
        >
          <ContactPanel conversation={data} />
        </Drawer>
      )}
    </div>
  );
}

function Heading({ conversation, onDetails }: { conversation: ConversationDetail; onDetails: (() => void) | undefined }) {
  const { t, format } = useLanguage();
  const { botTitle } = useProject();
  const { contact, bot, channel, holder, holder_reason } = conversation;
  const phone = contact.phone ? format.phone(contact.phone) : null;
  return (
    <header className={classes.heading}>
      <span className={classes.back}>
        <BackButton to="/conversations" />
      </span>
      <Portrait name={contact.name ?? contact.phone} id={conversation.id} size={34} />
      <div className={classes.who}>
        <h2>{contact.name ?? phone ?? t("contact.nameless")}</h2>
        <p>
          <ChannelMark channel={channel} named />
          <span>{botTitle(bot)}</span>
        </p>
      </div>
      <span className={classes.holder}>
        <HolderMark holder={holder} reason={holder_reason} />
      </span>
      <DeskActions conversation={conversation} />
      {onDetails && (
        <ActionIcon variant="subtle" color="gray" size={34} onClick={onDetails} aria-label={t("contact.title")}>
          <IconInfoCircle size={20} stroke={1.7} aria-hidden />
        </ActionIcon>
      )}
    </header>
  );
}
