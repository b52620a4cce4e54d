/** Cuts JSON text into pieces to colour. */

export type TokenKind = "name" | "text" | "number" | "word" | "plain";
export interface Token {
  kind: TokenKind;
  text: string;
}

const PIECE = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

export function jsonTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(PIECE)) {
    const [whole, quoted, colon, number] = match;
    if (match.index > end) tokens.push({ kind: "plain", text: text.slice(end, match.index) });
    if (quoted !== undefined) {
      tokens.push({ kind: colon === undefined ? "text" : "name", text: quoted });
      if (colon !== undefined) tokens.push({ kind: "plain", text: colon });
    } else {
      tokens.push({ kind: number === undefined ? "word" : "number", text: whole });
    }
    end = match.index + whole.length;
  }
  if (end < text.length) tokens.push({ kind: "plain", text: text.slice(end) });
  return tokens;
}
