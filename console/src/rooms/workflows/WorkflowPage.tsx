/** One workflow: its graph, and the parameters of a chosen node. */
import { Button, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconPlayerPlay, IconSitemap } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { nodeTypesQuery, workflowQuery } from "../../api/queries";
import type { NodeType, WorkflowDetail } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { Canvas } from "../../graph/Canvas";
import { NodeDrawer } from "../../graph/NodeDrawer";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill } from "../../ui/StatusPill";
import classes from "./WorkflowPage.module.css";

const NO_TYPES: NodeType[] = [];

export function WorkflowPage() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const { workflowId } = useParams({ from: "/inside/workflows/$workflowId" });
  const { data: workflow, error, refetch } = useQuery(workflowQuery(projectId, workflowId));
  return (
    <div className={classes.page}>
      <PageHeader back="/workflows" title={workflow ? <Title workflow={workflow} /> : error ? workflowId : <Skeleton height={20} width={220} />}>
        <Button
          renderRoot={(props) => <Link to="/runs" search={{ workflow: workflowId }} {...props} />}
          variant="default"
          size="xs"
          leftSection={<IconPlayerPlay size={14} stroke={1.7} aria-hidden />}
        >
          {t("workflow.runs")}
        </Button>
      </PageHeader>
      {error && !workflow && (
        <div className={classes.notice}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {workflow?.problem && (
        <div className={classes.notice}>
          <ErrorNotice error={workflow.problem} title={t("workflow.problem")} />
        </div>
      )}
      {workflow && <Drawing key={workflow.id} workflow={workflow} />}
      {!workflow && !error && <Skeleton className={classes.loading} radius={12} />}
    </div>
  );
}

function Title({ workflow }: { workflow: WorkflowDetail }) {
  const { t } = useLanguage();
  return (
    <>
      {workflow.name}
      {!workflow.problem && (
        <Pill tone={workflow.active ? "good" : "calm"}>{workflow.active ? t("workflow.active") : t("workflow.inactive")}</Pill>
      )}
    </>
  );
}

function Drawing({ workflow: { name, workflow } }: { workflow: WorkflowDetail }) {
  const { t } = useLanguage();
  const types = useQuery(nodeTypesQuery).data?.items ?? NO_TYPES;
  const [selected, setSelected] = useState<string | null>(null);
  if (!workflow) return <EmptyState icon={IconAlertTriangle} title={name} text={t("workflow.noDrawing")} />;
  if (workflow.nodes.length === 0) return <EmptyState icon={IconSitemap} title={t("graph.emptyTitle")} text={t("graph.emptyText")} />;
  const node = workflow.nodes.find((each) => each.name === selected);
  return (
    <div className={classes.graph}>
      <Canvas name={name} workflow={workflow} types={types} selected={selected} onSelect={setSelected} />
      {node && (
        <NodeDrawer key={node.name} node={node} type={types.find(({ type }) => type === node.type)} onClose={() => setSelected(null)} />
      )}
    </div>
  );
}
