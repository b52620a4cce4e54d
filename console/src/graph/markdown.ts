/** The little Markdown that sticky notes use: headings, lists, code, bold, italic; links and pictures as their text. */

export interface Span {
  style: "plain" | "strong" | "emphasis" | "code";
  text: string;
}

export type Block =
  | { kind: "heading"; level: number; spans: Span[] }
  | { kind: "paragraph"; spans: Span[] }
  | { kind: "list"; items: Span[][] }
  | { kind: "code"; text: string };

const INLINE = /\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*)\*|\b_([^_]+)_\b|`([^`]+)`/g;
const LINK = /!?\[([^\]]*)\]\([^)]*\)/g;

export function parseSpans(line: string): Span[] {
  const text = line.replace(LINK, "$1");
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, bold, bold2, italic, italic2, code] = match;
    if (match.index > end) spans.push({ style: "plain", text: text.slice(end, match.index) });
    const strong = bold ?? bold2;
    if (code !== undefined) spans.push({ style: "code", text: code });
    else if (strong !== undefined) spans.push({ style: "strong", text: strong });
    else spans.push({ style: "emphasis", text: italic ?? italic2 ?? "" });
    end = match.index + whole.length;
  }
  if (end < text.length) spans.push({ style: "plain", text: text.slice(end) });
  return spans;
}

export function parseMarkdown(text: string): Block[] {
  const blocks: Block[] = [];
  let code: string[] | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (line.trimStart().startsWith("```")) {
      if (code) blocks.push({ kind: "code", text: code.join("\n") });
      code = code ? null : [];
    } else if (code) {
      code.push(line);
    } else {
      addLine(blocks, line);
    }
  }
  if (code) blocks.push({ kind: "code", text: code.join("\n") });
  return blocks;
}

function addLine(blocks: Block[], line: string): void {
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  const item = /^\s*(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line);
  if (heading) {
    blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, spans: parseSpans(heading[2] ?? "") });
  } else if (item) {
    const last = blocks.at(-1);
    if (last?.kind === "list") last.items.push(parseSpans(item[1] ?? ""));
    else blocks.push({ kind: "list", items: [parseSpans(item[1] ?? "")] });
  } else if (line.trim()) {
    blocks.push({ kind: "paragraph", spans: parseSpans(line) });
  }
}
