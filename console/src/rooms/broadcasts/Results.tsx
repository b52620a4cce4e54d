/** What became of a broadcast for each person: the state of the message, or why there was none. */
import { Button, Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { broadcastResultsQuery } from "../../api/broadcasts";
import type { BroadcastDetail, BroadcastResult } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ChannelMark } from "../../ui/ChannelMark";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill, type Tone } from "../../ui/StatusPill";
import classes from "./BroadcastPage.module.css";
import { inOrder } from "./draft";
import { Part } from "./Part";
import { reasonName, stateName } from "./words";

const TONES: Record<string, Tone> = { sent: "good", delivered: "good", read: "good", failed: "bad", in_doubt: "warn", queued: "busy" };

export function Results({ broadcast }: { broadcast: BroadcastDetail }) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const [status, setStatus] = useState<string | null>(null);
  const found = useInfiniteQuery(broadcastResultsQuery(projectId, broadcast.id, status));
  const { refetch } = found;
  const figures = JSON.stringify([broadcast.messages, broadcast.left_out]);
  useEffect(() => void refetch(), [figures, refetch]); // the figures moved, so the people did
  const rows = useMemo(() => found.data?.pages.flatMap(({ items }) => items), [found.data]);
  const states = [
    ...inOrder(broadcast.messages).map(([value]) => ({ value, label: stateName(value, t) })),
    ...Object.keys(broadcast.left_out).map((value) => ({ value, label: reasonName(value, t) })),
  ];
  return (
    <Part
      title={t("results.title")}
      action={
        <Select
          aria-label={t("results.which")}
          placeholder={t("results.all")}
          size="xs"
          data={states}
          value={status}
          onChange={setStatus}
          clearable
          clearButtonProps={{ "aria-label": t("action.clear") }}
        />
      }
    >
      {found.error && <ProblemNotice error={found.error} onRetry={() => void refetch()} />}
      {rows?.length === 0 && <p className={classes.quiet}>{t("results.none")}</p>}
      <ul className={classes.results} aria-label={t("results.title")} data-testid="broadcast-results">
        {rows?.map((row) => (
          <li key={row.contact_id}>
            <Row row={row} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("action.loadMore")}
        </Button>
      )}
    </Part>
  );
}

function Row({ row }: { row: BroadcastResult }) {
  const { t, format } = useLanguage();
  const { contact_id, name, status, left_out, channel, conversation_id, error, sent_at, due_at } = row;
  const state = status ?? "";
  const at = sent_at ?? due_at;
  return (
    <>
      <Link to="/contacts/$contactId" params={{ contactId: contact_id }}>
        {name ?? contact_id.slice(0, 8)}
      </Link>
      <Pill tone={left_out ? "calm" : (TONES[state] ?? "calm")}>{left_out ? reasonName(left_out, t) : stateName(state, t)}</Pill>
      {channel && conversation_id && (
        <Link to="/conversations/$conversationId" params={{ conversationId: conversation_id }} aria-label={t("results.conversation", { name: name ?? contact_id.slice(0, 8) })}>
          <ChannelMark channel={channel} />
        </Link>
      )}
      {at && <time dateTime={at}>{format.moment(at)}</time>}
      {error && <small>{error}</small>}
    </>
  );
}
