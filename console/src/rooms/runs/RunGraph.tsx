/** The graph of a run; a chosen node opens in a drawer. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { nodeTypesQuery } from "../../api/queries";
import type { NodeType, RunDetail, WorkflowJson } from "../../api/types";
import { Canvas } from "../../graph/Canvas";
import { NodeDrawer } from "../../graph/NodeDrawer";
import classes from "./RunGraph.module.css";

const NO_TYPES: NodeType[] = [];

export function RunGraph({ run, workflow }: { run: RunDetail; workflow: WorkflowJson }) {
  const types = useQuery(nodeTypesQuery).data?.items ?? NO_TYPES;
  const [selected, setSelected] = useState<string | null>(null);
  const node = workflow.nodes.find(({ name }) => name === selected);
  return (
    <div className={classes.graph}>
      <Canvas name={run.name} workflow={workflow} types={types} runs={run.nodes} selected={selected} onSelect={setSelected} />
      {node && (
        <NodeDrawer
          key={node.name}
          node={node}
          type={types.find(({ type }) => type === node.type)}
          executions={run.nodes[node.name] ?? []}
          onClose={() => setSelected(null)}
        />
      )}
    </div>
  );
}
