/** One run: its graph with the data of each node, or its steps and child runs as a timeline. */
import { SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { runQuery } from "../../api/queries";
import type { RunDetail, WorkflowJson } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { StatusPill } from "../../ui/StatusPill";
import { RunActions } from "./RunActions";
import { RunFacts } from "./RunFacts";
import { RunGraph } from "./RunGraph";
import { RunList, useRunName } from "./RunList";
import classes from "./RunPage.module.css";
import { StepTimeline } from "./StepTimeline";
import { TurnView } from "./TurnView";

export function RunPage() {
  const { runId } = useParams({ from: "/inside/runs/$runId" });
  const { projectId } = useProject();
  const { data: run, error, refetch } = useQuery(runQuery(projectId, runId));
  if (error && !run) {
    return (
      <>
        <PageHeader title={runId} back="/runs" />
        <div className={classes.notice}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      </>
    );
  }
  return run ? <LoadedRun key={run.id} run={run} /> : <Loading />;
}

function LoadedRun({ run }: { run: RunDetail }) {
  const { t } = useLanguage();
  const nameOf = useRunName();
  const drawable = hasNodes(run.workflow);
  const [view, setView] = useState<"graph" | "steps">("graph");
  const graph = drawable && view === "graph";
  return (
    <div className={classes.page} data-testid="run">
      <PageHeader
        back="/runs"
        title={
          <>
            {nameOf(run)}
            <StatusPill status={run.status} />
          </>
        }
        below={<RunFacts run={run} />}
      >
        <RunActions run={run} />
        {drawable && (
          <SegmentedControl
            size="xs"
            aria-label={t("run.view")}
            value={view}
            onChange={setView}
            data={[
              { value: "graph", label: t("run.graph") },
              { value: "steps", label: `${t("run.steps")} · ${run.steps.length}` },
            ]}
          />
        )}
      </PageHeader>
      {run.error && (
        <div className={classes.notice}>
          <ErrorNotice error={run.error} title={t("run.failed")} />
        </div>
      )}
      {graph && run.workflow && <RunGraph run={run} workflow={run.workflow} />}
      {run.turn && <TurnView turn={run.turn} />}
      {!graph && (run.steps.length > 0 || !run.turn) && <StepTimeline run={run} />}
      {run.children.length > 0 && (
        <section className={classes.children} data-below={graph}>
          <h2>{t("run.children")}</h2>
          <RunList runs={run.children} label={t("run.children")} />
        </section>
      )}
    </div>
  );
}

function hasNodes(workflow: WorkflowJson | null): boolean {
  return (workflow?.nodes.length ?? 0) > 0;
}

function Loading() {
  const { t } = useLanguage();
  return (
    <div className={classes.page} role="status" aria-label={t("action.loading")}>
      <PageHeader back="/runs" title={<Skeleton height={20} width={220} />} below={<Skeleton height={12} width={380} />} />
      <Skeleton m={24} style={{ flex: 1 }} w="auto" radius={12} />
    </div>
  );
}
