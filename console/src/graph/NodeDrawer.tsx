/** A node from close by: what went in, what came out, its error and its parameters. */
import { Drawer, Select, Tabs } from "@mantine/core";
import { useState } from "react";
import type { NodeRun, NodeType, WorkflowNode } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";
import { ErrorNotice } from "../ui/ErrorNotice";
import { StatusPill } from "../ui/StatusPill";
import classes from "./NodeDrawer.module.css";
import { NodeIcon } from "./NodeIcon";
import { ParametersView } from "./ParametersView";
import { PortsView } from "./PortsView";

interface Props {
  node: WorkflowNode;
  type: NodeType | undefined;
  /** Absent when a workflow is shown, not a run. */
  executions?: NodeRun[];
  onClose: () => void;
}

export function NodeDrawer({ node, type, executions, onClose }: Props) {
  const { t } = useLanguage();
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="min(640px, 100vw)"
      withOverlay={false}
      lockScroll={false}
      shadow="xl"
      classNames={{ content: classes.content, header: classes.header, body: classes.body }}
      title={
        <span className={classes.title}>
          <NodeIcon type={node.type} svg={type?.icon ?? null} size={24} />
          <span>
            {node.name}
            <small>{type?.label ?? node.type}</small>
          </span>
        </span>
      }
      closeButtonProps={{ "aria-label": t("node.close") }}
      data-testid="node-drawer"
    >
      {executions ? (
        <Executions executions={executions} node={node} type={type} />
      ) : (
        <ParametersView node={node} type={type} />
      )}
    </Drawer>
  );
}

function Executions({ executions, node, type }: { executions: NodeRun[]; node: WorkflowNode; type: NodeType | undefined }) {
  const { t, format } = useLanguage();
  const [chosen, setChosen] = useState(() => Math.max(0, executions.findIndex(({ status }) => status === "failed")));
  const execution = executions[Math.min(chosen, executions.length - 1)];
  const labels = type?.outputs ?? [];
  return (
    <>
      {execution ? (
        <div className={classes.summary}>
          <StatusPill status={execution.status} />
          <span className="numeric">{format.duration(execution.duration_ms)}</span>
          <span className="numeric" title={format.exact(execution.started_at)}>{format.clock(execution.started_at)}</span>
          {executions.length > 1 && (
            <Select
              size="xs"
              className={classes.executions}
              aria-label={t("node.runs")}
              allowDeselect={false}
              value={String(chosen)}
              onChange={(value) => setChosen(Number(value))}
              data={executions.map((_, index) => ({
                value: String(index),
                label: t("node.runNumber", { number: index + 1, total: executions.length }),
              }))}
            />
          )}
        </div>
      ) : (
        <p className={classes.summary}>{t("graph.notRun")}</p>
      )}
      {execution && <ErrorNotice error={execution.error} />}
      <Tabs defaultValue={execution ? "output" : "parameters"} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="input" disabled={!execution}>{t("node.input")}</Tabs.Tab>
          <Tabs.Tab value="output" disabled={!execution}>{t("node.output")}</Tabs.Tab>
          <Tabs.Tab value="parameters">{t("node.parameters")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="input" pt={14}>
          <PortsView key={chosen} ports={execution?.inputs ?? []} labels={[]} unnamed="node.inputNumber" />
        </Tabs.Panel>
        <Tabs.Panel value="output" pt={14}>
          <PortsView key={chosen} ports={execution?.outputs ?? []} counts={execution?.counts} labels={labels} unnamed="node.branch" />
        </Tabs.Panel>
        <Tabs.Panel value="parameters" pt={14}>
          <ParametersView node={node} type={type} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
