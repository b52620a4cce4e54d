/** A sticky note: coloured paper with a little Markdown. */
import type { Node, NodeProps } from "@xyflow/react";
import type { ReactNode } from "react";
import type { DrawnNote } from "./draw";
import { parseMarkdown, type Block, type Span } from "./markdown";
import classes from "./NoteBox.module.css";

export function NoteBox({ data }: NodeProps<Node<{ note: DrawnNote }>>) {
  const { note } = data;
  return (
    <div className={classes.note} data-colour={note.colour} style={{ width: note.width, height: note.height }}>
      {parseMarkdown(note.text).map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  );
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return <p data-level={block.level}>{spans(block.spans)}</p>;
    case "list":
      return <ul>{block.items.map((item, index) => <li key={index}>{spans(item)}</li>)}</ul>;
    case "code":
      return <pre>{block.text}</pre>;
    case "paragraph":
      return <p>{spans(block.spans)}</p>;
  }
}

function spans(parts: Span[]): ReactNode {
  return parts.map(({ style, text }, index) => {
    if (style === "strong") return <strong key={index}>{text}</strong>;
    if (style === "emphasis") return <em key={index}>{text}</em>;
    if (style === "code") return <code key={index}>{text}</code>;
    return text;
  });
}
