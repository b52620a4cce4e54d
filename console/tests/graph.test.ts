/** From workflow JSON to the drawn graph, and what a run leaves on it. */
import { describe, expect, test } from "vitest";
import type { Item, NodeRun, WorkflowJson } from "../src/api/types";
import { drawWorkflow } from "../src/graph/draw";
import { parseMarkdown } from "../src/graph/markdown";
import { tabulate } from "../src/graph/tabulate";
import { countItems, errorWords, traceNode } from "../src/graph/trace";

const to = (node: string, index = 0, type = "main") => ({ node, type, index });
const workflow: WorkflowJson = {
  nodes: [
    { name: "Hook", type: "n8n-nodes-base.webhook", position: [0, 300] },
    { name: "If", type: "n8n-nodes-base.if", position: [200, 300] },
    { name: "Merge", type: "n8n-nodes-base.merge", position: [400, 200] },
    { name: "Agent", type: "tapbot.agent", position: [600, 200] },
    { name: "Model", type: "tapbot.model", position: [600, 400] },
    { name: "Note", type: "n8n-nodes-base.stickyNote", position: [-20, -40], parameters: { content: "# Hi", width: 300, color: 9 } },
  ],
  connections: {
    Hook: { main: [[to("If")]] },
    If: { main: [[to("Merge", 0)], [to("Merge", 1), to("Gone")]] },
    Merge: { main: [null, [to("Agent")]] },
    Model: { ai_languageModel: [[to("Agent", 0, "ai_languageModel")]] },
    Ghost: { main: [[to("If")]] },
  },
};
const types = [{ type: "n8n-nodes-base.if", label: "If", version: 2, icon: "", schema: {}, outputs: ["true", "false"] }];
const drawing = drawWorkflow(workflow, types);
const drawn = (name: string) => {
  const node = drawing.nodes.find((each) => each.name === name);
  if (!node) throw new Error(`${name} is not drawn.`);
  return node;
};

describe("drawing", () => {
  test("nodes stand at n8n's positions and notes are apart", () => {
    expect(drawing.nodes.map(({ name, x, y }) => [name, x, y])).toEqual([
      ["Hook", 0, 300], ["If", 200, 300], ["Merge", 400, 200], ["Agent", 600, 200], ["Model", 600, 400],
    ]);
    expect(drawing.notes).toEqual([{ name: "Note", x: -20, y: -40, width: 300, height: 160, text: "# Hi", colour: 7 }]);
  });

  test("connections to and from nodes that do not exist are left out", () => {
    expect(drawing.edges.map(({ source, sourcePort, target, targetPort }) => [source, sourcePort, target, targetPort])).toEqual([
      ["Hook", 0, "If", 0], ["If", 0, "Merge", 0], ["If", 1, "Merge", 1], ["Merge", 1, "Agent", 0], ["Model", 0, "Agent", 0],
    ]);
  });

  test("ports follow the node type and the connections", () => {
    expect(drawn("Hook").inputs).toEqual([]);
    expect(drawn("If").outputs.map(({ label }) => label)).toEqual(["true", "false"]);
    expect(drawn("Merge").inputs).toHaveLength(2);
    expect(drawn("Merge").outputs).toHaveLength(2);
    expect(drawn("Agent").outputs).toEqual([{ id: "out-0", label: "" }]);
  });

  test("a part of an agent hangs below it", () => {
    expect(drawn("Model").isPart).toBe(true);
    expect(drawn("Agent").takesParts).toBe(true);
  });

  test("a broken file draws what it can", () => {
    const broken = { nodes: [{ name: "A", type: "x.y" }], connections: null } as unknown as WorkflowJson;
    expect(drawWorkflow(broken, []).nodes[0]).toMatchObject({ name: "A", x: 0, y: 0 });
  });
});

describe("trace", () => {
  const items = (count: number): Item[] => Array.from({ length: count }, (_, index) => ({ json: { index } }));
  const execution = (status: NodeRun["status"], outputs: NodeRun["outputs"]): NodeRun => ({ run_index: 0, status, started_at: null, duration_ms: 5, inputs: [], outputs, counts: outputs.map((items) => items.length), error: null, console: [] });
  const nodes = { If: [execution("succeeded", [items(2), items(1)]), execution("succeeded", [items(3), []])] };
  const edge = drawing.edges[1];

  test("items on a line are summed over the executions of its source", () => {
    if (!edge) throw new Error("The line is not drawn.");
    expect(countItems(nodes, edge)).toBe(5);
    expect(countItems(nodes, { ...edge, sourcePort: 1 })).toBe(1);
    expect(countItems({}, edge)).toBeNull();
  });

  test("one failed execution makes the node failed", () => {
    expect(traceNode([execution("failed", []), execution("succeeded", [])])).toEqual({ status: "failed", executions: 2, durationMs: 10 });
    expect(traceNode(undefined)).toBeNull();
  });

  test("an error is a sentence with or without a place", () => {
    expect(errorWords("broken")).toEqual({ message: "broken", place: null, hint: null });
    expect(errorWords(null)).toBeNull();
  });
});

describe("items and notes", () => {
  test("a table has one column a name, in order of appearance", () => {
    const grid = tabulate([{ json: { a: 1, b: null } }, { json: { c: { d: 1 } }, binary: { photo: {} } }], "Files");
    expect(grid.columns).toEqual(["a", "b", "c", "Files"]);
    expect(grid.rows[1]?.map(({ text, kind }) => [text, kind])).toEqual([["", "missing"], ["", "missing"], ['{"d":1}', "json"], ["photo", "text"]]);
  });

  test("notes know headings, lists, bold text and links", () => {
    expect(parseMarkdown("## T\n\nsee [docs](https://example.com) **now**\n- one\n- two")).toEqual([
      { kind: "heading", level: 2, spans: [{ style: "plain", text: "T" }] },
      { kind: "paragraph", spans: [{ style: "plain", text: "see docs " }, { style: "strong", text: "now" }] },
      { kind: "list", items: [[{ style: "plain", text: "one" }], [{ style: "plain", text: "two" }]] },
    ]);
  });
});
