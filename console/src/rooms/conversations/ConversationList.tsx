/** The list of conversations with its search and filters. */
import { Button } from "@mantine/core";
import { IconMessageOff, IconMessages } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { conversationsQuery } from "../../api/queries";
import type { Conversation } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import type { ConversationSearch } from "../../app/search";
import { useLanguage } from "../../language/LanguageProvider";
import { ChannelMark } from "../../ui/ChannelMark";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { useListKeys } from "../../ui/listKeys";
import { Portrait } from "../../ui/Portrait";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { ConversationFilters } from "./ConversationFilters";
import classes from "./ConversationList.module.css";
import { HolderMark } from "./HolderMark";
import { matchesSearch } from "./search";

export function ConversationList({ openId }: { openId: string | undefined }) {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const { projectId } = useProject();
  const search = useSearch({ from: "/inside/conversations" });
  const { q = "", bot, channel, holder, team } = search;
  const conversations = useInfiniteQuery(conversationsQuery(projectId, { bot, channel, holder, team }));
  const onListKey = useListKeys();
  const loaded = useMemo(() => conversations.data?.pages.flatMap(({ items }) => items), [conversations.data]);
  const shown = useMemo(() => loaded?.filter((each) => matchesSearch(each, q)), [loaded, q]);
  const filter = (next: ConversationSearch) => void navigate({ to: ".", search: next, replace: true });

  return (
    <>
      <ConversationFilters search={search} onChange={filter} />
      <div className={classes.scroll} onKeyDown={onListKey}>
        {conversations.isPending && <ListSkeleton round rows={9} />}
        {conversations.error && (
          <div className={classes.problem}>
            <ProblemNotice error={conversations.error} onRetry={() => void conversations.refetch()} />
          </div>
        )}
        {shown && (
          <ul data-testid="conversation-list">
            {shown.map((conversation) => (
              <li key={conversation.id}>
                <Entry conversation={conversation} open={conversation.id === openId} search={search} />
              </li>
            ))}
          </ul>
        )}
        {shown?.length === 0 && <NothingHere filtered={Boolean(q || bot || channel || holder || team)} onClear={() => filter({})} />}
        {conversations.hasNextPage && (
          <Button
            variant="subtle"
            color="gray"
            fullWidth
            loading={conversations.isFetchingNextPage}
            onClick={() => void conversations.fetchNextPage()}
          >
            {t("action.loadMore")}
          </Button>
        )}
      </div>
    </>
  );
}

interface EntryProps {
  conversation: Conversation;
  open: boolean;
  search: ConversationSearch;
}

function Entry({ conversation, open, search }: EntryProps) {
  const { t, format } = useLanguage();
  const { botTitle } = useProject();
  const { id, contact, bot, channel, last_text, last_message_at, unread } = conversation;
  const name = contact.name ?? (contact.phone ? format.phone(contact.phone) : t("contact.nameless"));
  return (
    <Link
      to="/conversations/$conversationId"
      params={{ conversationId: id }}
      search={search}
      className={classes.entry}
      data-entry
      data-unread={unread > 0}
      aria-current={open ? "true" : undefined}
    >
      <Portrait name={contact.name ?? contact.phone} id={id} />
      <span className={classes.body}>
        <span className={classes.line}>
          <strong>{name}</strong>
          <time dateTime={last_message_at ?? undefined}>{format.moment(last_message_at)}</time>
        </span>
        <span className={classes.line}>
          <span className={classes.last}>{last_text ?? t("conversation.noText")}</span>
          {unread > 0 && (
            <span className={classes.unread} aria-label={t("conversation.unread", { count: unread })}>
              {unread}
            </span>
          )}
        </span>
        <span className={classes.origin}>
          <ChannelMark channel={channel} />
          <span className={classes.bot}>{botTitle(bot)}</span>
          <HolderMark holder={conversation.holder} reason={conversation.holder_reason} />
        </span>
      </span>
    </Link>
  );
}

function NothingHere({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useLanguage();
  const { project } = useProject();
  const bot = project?.bots.find(({ channels }) => channels.includes("webchat"));
  if (filtered) {
    return (
      <EmptyState icon={IconMessageOff} title={t("conversations.noneFoundTitle")} text={t("conversations.noneFoundText")}>
        <Button variant="light" onClick={onClear}>
          {t("action.clearFilters")}
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={IconMessages} title={t("conversations.emptyTitle")} text={t("conversations.emptyText")}>
      {bot && (
        <Button component="a" href={`/chat/${encodeURIComponent(bot.id)}`} target="_blank" rel="noopener" variant="light">
          {t("conversations.tryBot", { bot: bot.title })}
        </Button>
      )}
    </EmptyState>
  );
}
