/** The line of facts under a run's name. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunDetail } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { CopyButton } from "../../ui/CopyButton";
import { triggerName } from "../workflows/triggerName";
import classes from "./RunFacts.module.css";

export function RunFacts({ run }: { run: RunDetail }) {
  const { t, format } = useLanguage();
  return (
    <dl className={classes.facts}>
      <Fact label={t("run.trigger")}>{[t(`runKind.${run.kind}`), triggerName(run.trigger ?? "")].filter(Boolean).join(" · ")}</Fact>
      <Fact label={t("run.started")}>
        <time dateTime={run.started_at ?? undefined} title={format.exact(run.started_at)}>
          {format.moment(run.started_at)}
        </time>
      </Fact>
      <Fact label={t("run.duration")}>{format.duration(run.duration_ms)}</Fact>
      {run.workflow_id && run.kind !== "turn" && (
        <Fact label={t("run.workflow")}>
          <Link to="/workflows/$workflowId" params={{ workflowId: run.workflow_id }}>
            {run.name}
          </Link>
        </Fact>
      )}
      {run.conversation_id && (
        <Fact label={t("run.conversation")}>
          <Link to="/conversations/$conversationId" params={{ conversationId: run.conversation_id }}>
            {run.conversation_id.slice(0, 8)}
          </Link>
        </Fact>
      )}
      {run.parent_run_id && (
        <Fact label={t("run.parent")}>
          <Link to="/runs/$runId" params={{ runId: run.parent_run_id }} className="mono">
            {run.parent_run_id.slice(0, 12)}
          </Link>
        </Fact>
      )}
      <Fact label={t("run.release")}>
        <span className="mono" title={run.release}>
          {run.release.slice(0, 10)}
        </span>
      </Fact>
      <Fact label={t("run.id")}>
        <span className="mono">{run.id.slice(0, 12)}</span>
        <CopyButton text={run.id} />
      </Fact>
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
