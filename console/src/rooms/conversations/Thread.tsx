/** The messages of a conversation, the newest at the bottom and in sight. */
import { Button, Skeleton } from "@mantine/core";
import { IconMessage2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { messagesQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { MessageGroup } from "./MessageGroup";
import classes from "./Thread.module.css";
import { groupByDay, inOrder } from "./thread";

interface Props {
  conversationId: string;
  contact: string;
}

export function Thread({ conversationId, contact }: Props) {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const messages = useInfiniteQuery(messagesQuery(projectId, conversationId));
  const days = useMemo(
    () => (messages.data ? groupByDay(inOrder(messages.data.pages), (iso) => format.day(iso)) : undefined),
    [messages.data, format],
  );
  return (
    // Laid out from the bottom, so that the newest message stays in sight and older ones load without a jump.
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t("conversation.messages")}>
      <div className={classes.thread} role="log" aria-live="polite" data-testid="thread">
        {messages.error && <ProblemNotice error={messages.error} onRetry={() => void messages.refetch()} />}
        {messages.isPending && <ThreadSkeleton />}
        {messages.hasNextPage && (
          <Button
            variant="subtle"
            color="gray"
            size="xs"
            mx="auto"
            loading={messages.isFetchingNextPage}
            onClick={() => void messages.fetchNextPage()}
          >
            {t("conversation.earlier")}
          </Button>
        )}
        {days?.length === 0 && (
          <EmptyState icon={IconMessage2} title={t("conversation.emptyTitle")} text={t("conversation.emptyText")} />
        )}
        {days?.map(({ day, groups }) => (
          <section key={day} aria-label={day}>
            <h3 className={classes.day}>
              <span>{day}</span>
            </h3>
            {groups.map((group) => (
              <MessageGroup
                key={group.messages[0]?.id}
                conversationId={conversationId}
                group={group}
                contact={contact}
              />
            ))}
          </section>
        ))}
      </div>
    </div>
  );
}

function ThreadSkeleton() {
  return (
    <div className={classes.skeleton}>
      {[190, 280, 140, 320].map((width, index) => (
        <Skeleton key={width} height={44} width={width} radius={14} ml={index % 2 ? "auto" : 0} />
      ))}
    </div>
  );
}
