/** Items as a table: one column a name, in the order in which names first appear. Pure. */
import type { Item } from "../api/types";

export type CellKind = "text" | "number" | "word" | "json" | "missing";

export interface Cell {
  text: string;
  kind: CellKind;
}

export interface ItemsGrid {
  columns: string[];
  rows: Cell[][];
}

const LONGEST_CELL = 400;

export function tabulate(items: Item[], filesColumn: string): ItemsGrid {
  const names = [...new Set(items.flatMap(({ json }) => Object.keys(json ?? {})))];
  const withFiles = items.some(({ binary }) => binary && Object.keys(binary).length > 0);
  return {
    columns: withFiles ? [...names, filesColumn] : names,
    rows: items.map(({ json, binary }) => {
      const cells = names.map((name) => cellOf(name in (json ?? {}) ? json[name] : undefined));
      return withFiles ? [...cells, cellOf(Object.keys(binary ?? {}).join(", ") || undefined)] : cells;
    }),
  };
}

export function cellOf(value: unknown): Cell {
  if (value === undefined) return { text: "", kind: "missing" };
  if (value === null || typeof value === "boolean") return { text: String(value), kind: "word" };
  if (typeof value === "number") return { text: String(value), kind: "number" };
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { text: text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL)}…` : text, kind: typeof value === "string" ? "text" : "json" };
}
