/** Runs as rows: what ran, how it ended, when and how long. */
import { IconMessageBolt, IconSitemap, IconTool, type Icon } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Run, RunKind } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { errorWords } from "../../graph/trace";
import { useLanguage } from "../../language/LanguageProvider";
import { useListKeys } from "../../ui/listKeys";
import { StatusPill } from "../../ui/StatusPill";
import { triggerName } from "../workflows/triggerName";
import classes from "./RunList.module.css";

export const KIND_ICONS: Record<RunKind, Icon> = { turn: IconMessageBolt, tool: IconTool, workflow: IconSitemap };

/** A turn is named after its bot. */
export function useRunName(): (run: Pick<Run, "kind" | "name">) => string {
  const { botTitle } = useProject();
  return ({ kind, name }) => (kind === "turn" ? botTitle(name) : name);
}

export function RunList({ runs, label }: { runs: Run[]; label: string }) {
  const onListKey = useListKeys();
  return (
    <ul className={classes.list} aria-label={label} onKeyDown={onListKey} data-testid="run-list">
      {runs.map((run) => (
        <li key={run.id}>
          <Row run={run} />
        </li>
      ))}
    </ul>
  );
}

function Row({ run }: { run: Run }) {
  const { t, format } = useLanguage();
  const nameOf = useRunName();
  const KindIcon = KIND_ICONS[run.kind] ?? IconSitemap;
  const error = errorWords(run.error)?.message;
  return (
    <Link to="/runs/$runId" params={{ runId: run.id }} className={classes.row} data-entry>
      <span className={classes.status}>
        <StatusPill status={run.status} />
      </span>
      <span className={classes.name}>
        <KindIcon size={17} stroke={1.6} aria-hidden />
        <span>
          <strong>{nameOf(run)}</strong>
          <small>{error ?? [t(`runKind.${run.kind}`), triggerName(run.trigger ?? "")].filter(Boolean).join(" · ")}</small>
        </span>
      </span>
      <span className={classes.duration}>{format.duration(run.duration_ms)}</span>
      <time className={classes.started} dateTime={run.started_at ?? undefined} title={format.exact(run.started_at)}>
        {format.moment(run.started_at)}
      </time>
    </Link>
  );
}
