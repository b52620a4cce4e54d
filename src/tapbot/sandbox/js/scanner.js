// Scanner: JavaScript tokens, just enough to find where an expression ends, which names it uses and what it assigns.

const OPENERS = { "(": ")", "[": "]", "{": "}" };
const REGEX_MAY_FOLLOW = new Set("return typeof instanceof in of new delete void throw case do else yield await".split(" "));
const WORD = /(?:[\p{ID_Start}$_]|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]+\})(?:[\p{ID_Continue}$\u200c\u200d]|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]+\})*/uy;
const NUMBER = /0[xXoObB][0-9a-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?/y;
const PUNCTUATOR = /=>|\.\.\.|\?\.(?!\d)|>>>=|\*\*=|<<=|>>=|&&=|\|\|=|\?\?=|===|!==|==|!=|<=|>=|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|&&|\|\||\?\?|\*\*|<<|>>>|>>|[+\-*/%&|^<>=!~?:;,.#@]/y;
const REGEX = /\/(?:[^\n\\/[]|\\.|\[(?:[^\n\\\]]|\\.)*\])+\/[a-zA-Z]*/y;
const ASSIGNMENTS = new Set("= += -= *= /= %= **= <<= >>= >>>= &= ^= |= &&= ||= ??=".split(" "));
const RESERVED = new Set(("break case catch class const continue debugger default delete do else enum export extends false finally for " +
  "function if import in instanceof new null return super switch this throw true try typeof var void while with yield let " +
  "static await async").split(" "));
const DECLARATORS = new Set(["const", "let", "var", "class", "function"]);

function decodeEscapes(word) {
  return word.replace(/\\u\{?([0-9a-fA-F]+)\}?/g, (_, hex) => String.fromCodePoint(parseInt(hex, 16)));
}

function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found === null ? "" : found[0];
}

function endOfString(text, start) {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[start]) return at + 1;
  }
  return -1;
}

function endOfTemplateLiteral(text, start, tokens) {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "`") return at + 1;
    else if (text[at] === "$" && text[at + 1] === "{") {
      at = scanCode(text, at + 2, "}", tokens);
      if (at < 0) return -1;
    }
  }
  return -1;
}

function endOfComment(text, start, stop) {
  if (text[start + 1] === "*") {
    const end = text.indexOf("*/", start + 2);
    return end < 0 ? -1 : end + 2;
  }
  let end = text.indexOf("\n", start);
  if (end < 0) end = text.length;
  const closing = stop === "}}" ? text.indexOf("}}", start) : -1;
  return closing >= 0 && closing < end ? closing : end;
}

function regexMayStart(previous) {
  if (previous === null) return true;
  if (previous.kind === "word") return REGEX_MAY_FOLLOW.has(previous.text);
  return previous.kind === "punctuator" && !")]}".includes(previous.text) && previous.text !== "++" && previous.text !== "--";
}

// Kind and end of the token at `at`, or null when the text is no JavaScript there.
function tokenAt(text, at, previous, tokens) {
  const char = text[at];
  if (char === '"' || char === "'") return { kind: "string", end: endOfString(text, at) };
  if (char === "`") return { kind: "template", end: endOfTemplateLiteral(text, at, tokens) };
  const word = matchAt(WORD, text, at);
  if (word !== "") return { kind: "word", end: at + word.length };
  if ((char >= "0" && char <= "9") || (char === "." && text[at + 1] >= "0" && text[at + 1] <= "9"))
    return { kind: "number", end: at + matchAt(NUMBER, text, at).length };
  if (char === "/" && regexMayStart(previous)) {
    const regex = matchAt(REGEX, text, at);
    return { kind: "regex", end: regex === "" ? -1 : at + regex.length };
  }
  const punctuator = matchAt(PUNCTUATOR, text, at);
  return { kind: "punctuator", end: punctuator === "" ? -1 : at + punctuator.length };
}

// Collects tokens from `start` until `stop` ("}}", "}" or "" for the end of the text) outside all brackets.
// Returns the index of `stop`, or -1 when the text is not balanced.
function scanCode(text, start, stop, tokens) {
  const open = [];
  let previous = null;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char <= " " || char === "\u00a0" || char === "\ufeff") {
      at++;
      continue;
    }
    if (char === "/" && (text[at + 1] === "/" || text[at + 1] === "*")) {
      at = endOfComment(text, at, stop);
      if (at < 0) return -1;
      continue;
    }
    if (char === ")" || char === "]" || char === "}") {
      if (open.length === 0) return stop !== "" && text.startsWith(stop, at) ? at : -1;
      if (open.pop() !== char) return -1;
      previous = { kind: "punctuator", text: char, start: at, end: at + 1 };
    } else if (OPENERS[char] !== undefined) {
      open.push(OPENERS[char]);
      previous = { kind: "punctuator", text: char, start: at, end: at + 1, depth: open.length };
    } else {
      const token = tokenAt(text, at, previous, tokens);
      if (token.end < 0) return -1;
      previous = { kind: token.kind, text: text.slice(at, token.end), start: at, end: token.end };
      if (token.kind === "word") previous.text = decodeEscapes(previous.text);
    }
    previous.depth = open.length;
    tokens.push(previous);
    at = previous.end;
  }
  return stop === "" && open.length === 0 ? at : -1;
}

// Splits a template into text and code: [{ text }] and [{ code }] in order. An unclosed {{ is text.
function splitTemplate(text) {
  const parts = [];
  let at = 0;
  while (at < text.length) {
    const opening = text.indexOf("{{", at);
    if (opening < 0) break;
    let closing = scanCode(text, opening + 2, "}}", []);
    if (closing < 0) closing = text.indexOf("}}", opening + 2); // not JavaScript: the compiler says so
    if (closing < 0) break;
    if (opening > at) parts.push({ text: text.slice(at, opening) });
    parts.push({ code: text.slice(opening + 2, closing) });
    at = closing + 2;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

// Names that are assigned without having been declared; the caller declares them, because globalThis is frozen.
function undeclaredNames(tokens) {
  const assigned = new Set();
  tokens.forEach((token, i) => {
    if (token.kind !== "word") return;
    const before = i > 0 ? tokens[i - 1].text : "";
    const after = i + 1 < tokens.length ? tokens[i + 1].text : "";
    if (before === "." || before === "?." || DECLARATORS.has(before)) return;
    if (ASSIGNMENTS.has(after) || after === "++" || after === "--" || before === "++" || before === "--")
      assigned.add(token.text);
  });
  return [...assigned].filter((name) => !(name in globalThis) && !RESERVED.has(name));
}
