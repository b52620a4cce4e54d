/** The read-only graph of a workflow, with what a run left on it. */
import "@xyflow/react/dist/base.css";
import { ActionIcon, useComputedColorScheme } from "@mantine/core";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { Background, BackgroundVariant, Panel, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Edge, type Node, type NodeChange, type ReactFlowInstance } from "@xyflow/react";
import { useEffect, useMemo } from "react";
import type { NodeType, WorkflowJson } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";
import classes from "./Canvas.module.css";
import { drawWorkflow, type DrawnNode, type DrawnNote } from "./draw";
import { ItemsEdge, type ItemsEdgeData } from "./ItemsEdge";
import { NodeBox, type NodeBoxData } from "./NodeBox";
import { NoteBox } from "./NoteBox";
import { countItems, traceNode, type NodeRuns } from "./trace";

const NODE_TYPES = { box: NodeBox, note: NoteBox };
const EDGE_TYPES = { items: ItemsEdge };
const DRAWER_WIDTH = 640;
const MARGIN = 60;
const FIT = { padding: 0.18, maxZoom: 1.1 };
/** Below this the names of nodes cannot be read. */
const READABLE_ZOOM = 0.65;

interface Props {
  name: string;
  workflow: WorkflowJson;
  types: readonly NodeType[];
  runs?: NodeRuns;
  selected: string | null;
  onSelect: (name: string) => void;
}

export function Canvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ name, workflow, types, runs, selected, onSelect }: Props) {
  const { t } = useLanguage();
  const scheme = useComputedColorScheme("light");
  const drawing = useMemo(() => drawWorkflow(workflow, types), [workflow, types]);
  const edges = useMemo<Edge<ItemsEdgeData>[]>(
    () => drawing.edges.map((edge) => flowEdge(edge, runs ? countItems(runs, edge) : undefined)),
    [drawing, runs],
  );
  const nodes = useMemo<Node[]>(() => {
    const iconOf = new Map(types.map(({ type, icon }) => [type, icon]));
    return [
      ...drawing.notes.map(flowNote),
      ...drawing.nodes.map((node) => ({
        ...flowNode(node, {
          drawn: node,
          icon: iconOf.get(node.node.type) ?? null,
          trace: runs ? traceNode(runs[node.name]) : undefined,
        }),
        selected: node.name === selected,
        ariaLabel: t("graph.node", { name: node.name }),
      })),
    ];
  }, [drawing, types, runs, selected, t]);
  const onChanges = (changes: NodeChange[]) => {
    for (const change of changes) if (change.type === "select" && change.selected) onSelect(change.id);
  };
  return (
    <div className={classes.canvas} role="region" aria-label={t("graph.label", { name })} data-testid="graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onChanges}
        onNodeClick={(_, node) => node.type === "box" && onSelect(node.id)}
        colorMode={scheme}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        minZoom={0.15}
        maxZoom={1.8}
        onInit={(flow) => void showStart(flow, drawing.nodes)}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} color="var(--dots)" />
        <ZoomButtons />
        <KeepInSight node={drawing.nodes.find((node) => node.name === selected)} />
      </ReactFlow>
    </div>
  );
}

/** Show all of the graph; when it is too large to be read so, its beginning. */
async function showStart(flow: ReactFlowInstance<Node, Edge<ItemsEdgeData>>, nodes: DrawnNode[]) {
  await flow.fitView(FIT);
  const { y, zoom } = flow.getViewport();
  const first = nodes.reduce<DrawnNode | undefined>((least, node) => (least && least.x <= node.x ? least : node), undefined);
  if (!first || zoom >= READABLE_ZOOM) return;
  const middle = first.y + first.height / 2;
  const top = (middle * zoom + y) - middle * READABLE_ZOOM;
  await flow.setViewport({ x: MARGIN - first.x * READABLE_ZOOM, y: top, zoom: READABLE_ZOOM });
}

/** Moves the graph when the drawer of the chosen node would cover it. */
function KeepInSight({ node }: { node: DrawnNode | undefined }) {
  const { setViewport, getViewport } = useReactFlow();
  const width = useStore((store) => store.width);
  const height = useStore((store) => store.height);
  const name = node?.name;
  useEffect(() => {
    const free = width - DRAWER_WIDTH;
    if (!node || free < MARGIN * 3) return;
    const { x, y, zoom } = getViewport();
    const left = node.x * zoom + x;
    const top = node.y * zoom + y;
    const hidden = left < MARGIN || left + node.width * zoom > free - MARGIN || top < MARGIN || top > height - MARGIN * 2;
    if (!hidden) return;
    const middle = { x: (node.x + node.width / 2) * zoom, y: (node.y + node.height / 2) * zoom };
    void setViewport({ x: free / 2 - middle.x, y: height / 2 - middle.y, zoom }, { duration: 250 });
    // The graph moves when another node is chosen, not when the same one is drawn again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [name]);
  return null;
}

function ZoomButtons() {
  const { t } = useLanguage();
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  return (
    <Panel position="bottom-left" className={classes.zoom}>
      <ActionIcon variant="default" size={32} aria-label={t("graph.fit")} onClick={() => void fitView({ ...FIT, duration: 200 })}>
        <IconMaximize size={16} stroke={1.7} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="default" size={32} aria-label={t("graph.zoomOut")} onClick={() => void zoomOut()}>
        <IconMinus size={16} stroke={1.7} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="default" size={32} aria-label={t("graph.zoomIn")} onClick={() => void zoomIn()}>
        <IconPlus size={16} stroke={1.7} aria-hidden />
      </ActionIcon>
    </Panel>
  );
}

function flowNode(node: DrawnNode, data: NodeBoxData): Node<NodeBoxData> {
  const { width, height } = node;
  return { id: node.name, type: "box", position: { x: node.x, y: node.y }, width, height, measured: { width, height }, zIndex: 2, data };
}

function flowNote(note: DrawnNote): Node {
  const { width, height } = note;
  return {
    id: `note ${note.name}`,
    type: "note",
    position: { x: note.x, y: note.y },
    width,
    height,
    measured: { width, height },
    zIndex: -1,
    selectable: false,
    focusable: false,
    data: { note },
  };
}

function flowEdge(edge: ReturnType<typeof drawWorkflow>["edges"][number], items: number | null | undefined): Edge<ItemsEdgeData> {
  const main = edge.kind === "main";
  return {
    id: edge.id,
    type: "items",
    source: edge.source,
    target: edge.target,
    sourceHandle: main ? `out-${edge.sourcePort}` : "part",
    targetHandle: main ? `in-${edge.targetPort}` : "parts",
    data: { items: main ? items : undefined, main },
  };
}
