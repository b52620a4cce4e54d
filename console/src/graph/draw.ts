/** From n8n's workflow JSON to what is drawn: boxes, notes and lines at n8n's own positions. Pure. */
import type { NodeType, WorkflowJson, WorkflowNode } from "../api/types";

export const STICKY_NOTE = "n8n-nodes-base.stickyNote";
const NODE_SIDE = 96;
const PORT_GAP = 32;
const NOTE_SIZE = { width: 240, height: 160 };
const MAIN = "main";

export interface Port {
  id: string;
  /** Shown beside the port when a node has several; empty otherwise. */
  label: string;
}

export interface DrawnNode {
  name: string;
  node: WorkflowNode;
  x: number;
  y: number;
  width: number;
  height: number;
  inputs: Port[];
  outputs: Port[];
  isTrigger: boolean;
  /** Parts of an agent (model, memory, tool) hang below it and connect upwards. */
  isPart: boolean;
  takesParts: boolean;
}

export interface DrawnNote {
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
  text: string;
  colour: number;
}

export interface DrawnEdge {
  id: string;
  source: string;
  sourcePort: number;
  target: string;
  targetPort: number;
  kind: string;
}

export interface Drawing {
  nodes: DrawnNode[];
  notes: DrawnNote[];
  edges: DrawnEdge[];
}

/** Draw a workflow; connections to nodes that do not exist are left out. */
export function drawWorkflow(workflow: WorkflowJson, types: readonly NodeType[]): Drawing {
  const all = workflow.nodes ?? [];
  const nodes = all.filter((node) => node.type !== STICKY_NOTE);
  const edges = drawEdges(workflow, new Set(nodes.map(({ name }) => name)));
  const typeOf = new Map(types.map((type) => [type.type, type]));
  return {
    edges,
    nodes: nodes.map((node) => drawNode(node, edges, typeOf.get(node.type))),
    notes: all.filter((node) => node.type === STICKY_NOTE).map(drawNote),
  };
}

function drawEdges(workflow: WorkflowJson, known: Set<string>): DrawnEdge[] {
  const edges: DrawnEdge[] = [];
  for (const [source, kinds] of Object.entries(workflow.connections ?? {})) {
    if (!known.has(source)) continue;
    for (const [kind, ports] of Object.entries(kinds ?? {})) {
      (ports ?? []).forEach((targets, sourcePort) => {
        for (const { node: target, index: targetPort = 0 } of targets ?? []) {
          if (!known.has(target)) continue;
          edges.push({ id: [source, kind, sourcePort, target, targetPort].join("→"), source, sourcePort, target, targetPort, kind });
        }
      });
    }
  }
  return edges;
}

function drawNode(node: WorkflowNode, edges: DrawnEdge[], type: NodeType | undefined): DrawnNode {
  const leaving = edges.filter(({ source }) => source === node.name);
  const entering = edges.filter(({ target }) => target === node.name);
  const mainOut = leaving.filter(({ kind }) => kind === MAIN);
  const mainIn = entering.filter(({ kind }) => kind === MAIN);
  const isTrigger = isTriggerType(node.type);
  const isPart = leaving.length > 0 && mainOut.length === 0;
  const outputLabels = type?.outputs ?? [];
  const outputs = ports("out", isPart ? 0 : Math.max(1, outputLabels.length, highest(mainOut, "sourcePort")), outputLabels);
  const inputs = ports("in", isTrigger || isPart ? 0 : Math.max(1, highest(mainIn, "targetPort")), []);
  const [x, y] = positionOf(node);
  return {
    name: node.name,
    node,
    x,
    y,
    width: NODE_SIDE,
    height: Math.max(NODE_SIDE, PORT_GAP * Math.max(inputs.length, outputs.length)),
    inputs,
    outputs,
    isTrigger,
    isPart,
    takesParts: entering.length > mainIn.length,
  };
}

function highest(edges: DrawnEdge[], port: "sourcePort" | "targetPort"): number {
  return edges.reduce((most, edge) => Math.max(most, edge[port] + 1), 0);
}

function ports(prefix: string, count: number, labels: string[]): Port[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}-${index}`,
    label: count > 1 ? (labels[index] ?? String(index)) : "",
  }));
}

/** Triggers take no input: n8n names them so, and the webhook is the known exception. */
export function isTriggerType(type: string): boolean {
  return /trigger$/i.test(type) || /\.(webhook|start)$/.test(type);
}

function drawNote(node: WorkflowNode): DrawnNote {
  const { content, width, height, color } = node.parameters ?? {};
  const [x, y] = positionOf(node);
  return {
    name: node.name,
    x,
    y,
    width: asNumber(width, NOTE_SIZE.width),
    height: asNumber(height, NOTE_SIZE.height),
    text: typeof content === "string" ? content : "",
    colour: Math.min(7, Math.max(1, asNumber(color, 1))),
  };
}

function positionOf(node: WorkflowNode): [number, number] {
  const [x, y] = Array.isArray(node.position) ? node.position : [0, 0];
  return [asNumber(x, 0), asNumber(y, 0)];
}

function asNumber(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}
