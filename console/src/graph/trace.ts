/** What a run left on the graph: the state of each node and the number of items on each line. Pure. */
import type { NodeRun, RunError, RunStatus } from "../api/types";
import type { DrawnEdge } from "./draw";

export type NodeRuns = Record<string, NodeRun[] | undefined>;

export interface NodeTrace {
  status: RunStatus;
  executions: number;
  durationMs: number;
}

/** The state of a node is that of its last execution, unless an earlier one failed. */
export function traceNode(executions: NodeRun[] | undefined): NodeTrace | null {
  const last = executions?.at(-1);
  if (!executions || !last) return null;
  const failed = executions.some(({ status }) => status === "failed");
  return {
    status: failed ? "failed" : last.status,
    executions: executions.length,
    durationMs: executions.reduce((sum, { duration_ms }) => sum + (duration_ms ?? 0), 0),
  };
}

/** Items that went over a line in all executions of its source; `null` when the source did not run. */
export function countItems(nodes: NodeRuns, edge: DrawnEdge): number | null {
  const executions = nodes[edge.source];
  if (!executions?.length) return null;
  return executions.reduce((sum, { counts }) => sum + (counts[edge.sourcePort] ?? 0), 0);
}

export interface ErrorWords {
  message: string;
  place: string | null;
  hint: string | null;
}

export function errorWords(error: RunError | null): ErrorWords | null {
  if (!error) return null;
  if (typeof error === "string") return { message: error, place: null, hint: null };
  return { message: error.message, place: error.place ?? null, hint: error.hint ?? null };
}
