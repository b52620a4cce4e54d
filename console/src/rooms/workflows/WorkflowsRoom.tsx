/** Workflows: what is served, and in words what is not. */
import { IconAlertTriangle, IconBolt, IconSitemap } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { workflowsQuery } from "../../api/queries";
import type { WorkflowSummary } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { useListKeys } from "../../ui/listKeys";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill } from "../../ui/StatusPill";
import classes from "./WorkflowsRoom.module.css";
import { triggerName } from "./triggerName";

export function WorkflowsRoom() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const onListKey = useListKeys();
  const { data, error, isPending, refetch } = useQuery(workflowsQuery(projectId));
  const problems = data?.items.filter(({ problem }) => problem).length ?? 0;
  return (
    <>
      <PageHeader title={t("workflows.title")}>
        {problems > 0 && <Pill tone="bad">{t("workflows.problems", { count: problems })}</Pill>}
      </PageHeader>
      {isPending && <ListSkeleton rows={6} />}
      {error && (
        <div className={classes.problemPage}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {data?.items.length === 0 && (
        <EmptyState icon={IconSitemap} title={t("workflows.emptyTitle")} text={t("workflows.emptyText")} />
      )}
      {data && (
        <ul className={classes.list} onKeyDown={onListKey} aria-label={t("workflows.title")} data-testid="workflow-list">
          {data.items.map((workflow) => (
            <li key={workflow.id}>
              <Row workflow={workflow} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ workflow }: { workflow: WorkflowSummary }) {
  const { t } = useLanguage();
  const { id, name, active, nodes, triggers, problem } = workflow;
  return (
    <Link to="/workflows/$workflowId" params={{ workflowId: id }} className={classes.row} data-entry>
      <span className={classes.icon} data-problem={problem !== null}>
        {problem ? <IconAlertTriangle size={19} stroke={1.7} aria-hidden /> : <IconSitemap size={19} stroke={1.7} aria-hidden />}
      </span>
      <span className={classes.body}>
        <strong>{name}</strong>
        {problem ? (
          <>
            <span className={classes.problem}>{problem.message}</span>
            {problem.hint && <span className={classes.detail}>{problem.hint}</span>}
          </>
        ) : (
          <span className={classes.detail}>
            {triggers.map(({ type, detail }) => (
              <span key={`${type} ${detail}`} className={classes.trigger}>
                <IconBolt size={13} stroke={1.8} aria-hidden />
                {triggerName(type)}
                {detail && <code>{detail}</code>}
              </span>
            ))}
            <span>{t("workflow.nodes", { count: nodes })}</span>
          </span>
        )}
      </span>
      <Pill tone={problem ? "bad" : active ? "good" : "calm"}>
        {problem ? t("node.error") : active ? t("workflow.active") : t("workflow.inactive")}
      </Pill>
    </Link>
  );
}
