// Compiler: a template becomes a list of texts and functions; refused names and syntax errors become a Failure.

const REFUSED = new Set((
  "constructor prototype __proto__ getPrototypeOf setPrototypeOf __defineGetter__ __defineSetter__ __lookupGetter__ " +
  "__lookupSetter__ defineProperty defineProperties getOwnPropertyDescriptor getOwnPropertyDescriptors " +
  "prepareStackTrace captureStackTrace mainModule getBuiltinModule _linkedBinding _load dlopen execve loadEnvFile " +
  "caller ___n8n_data"
).split(" "));
const MAY_CHANGE = /[^=!<>]=(?![=>])|\+\+|--|\b(?:sort|reverse|push|pop|shift|unshift|splice|fill|copyWithin|assign|delete|set|add|clear|call|apply|bind)\b/;
const STATEMENT = /^\s*(?:if|for|while|do|switch|try|throw|return|const|let|var|function|class|\{)/;

// What `this` is in an expression, and what the names of a host give: nothing, in a shape that does not throw.
const HOST = Object.freeze({ process: EMPTY, require: EMPTY, module: EMPTY, Buffer: EMPTY });

function contentOf(token) {
  return token.text.slice(1, -1).replace(/\\(?:u\{?([0-9a-fA-F]{2,6})\}?|x([0-9a-fA-F]{2})|(.))/g, (_, unicode, hex, char) =>
    char ?? String.fromCodePoint(parseInt(unicode ?? hex, 16)));
}

function refuseNames(tokens) {
  tokens.forEach((token, i) => {
    const before = tokens[i - 1]?.text;
    const after = tokens[i + 1]?.text;
    if (token.kind === "word") {
      if (REFUSED.has(token.text) || (token.text === "import" && before !== ".")) refuse(token.text);
      if (token.text === "$" && after !== "(" && before !== "." && before !== "?." && after !== ":")
        throw new Failure('"$" must be called with the name of a node: $("Node").');
    } else if ((token.kind === "string" || token.kind === "template") && before === "[" && after === "]") {
      const content = contentOf(token);
      if (REFUSED.has(content)) refuse(content);
    }
  });
}

// `$if(a, b, c)` evaluates only the branch that is taken: its arguments become functions.
function lazyArguments(tokens, at) {
  const depth = tokens[at + 1].depth;
  const after = tokens.slice(at + 2);
  const end = after.findIndex((token) => token.text === ")" && token.depth === depth - 1);
  const commas = after.slice(0, end).filter((token) => token.text === "," && token.depth === depth);
  if (end <= 0) return [];
  return [
    { start: tokens[at].start, end: tokens[at + 1].end, text: "$$extend.lazyIf(() => (" },
    ...commas.map((comma) => ({ start: comma.start, end: comma.end, text: "), () => (" })),
    { start: after[end].start, end: after[end].end, text: "))" },
  ];
}

// `x.name(` becomes `x[$$extend.name](` for each extension method, so that prototypes keep JavaScript's own names.
function rewriteExtensions(code, tokens) {
  const edits = [];
  tokens.forEach((token, i) => {
    const dot = tokens[i - 1]?.text;
    if (token.kind === "word" && Object.hasOwn(EXTENSIONS, token.text) && (dot === "." || dot === "?.") && tokens[i + 1]?.text === "(")
      edits.push({ start: tokens[i - 1].start, end: token.end, text: `${dot === "." ? "" : "?."}[$$extend.${token.text}]` });
  });
  tokens.forEach((token, i) => {
    if (token.text === "$if" && tokens[i - 1]?.text !== "." && tokens[i + 1]?.text === "(") edits.push(...lazyArguments(tokens, i));
  });
  edits.sort((a, b) => b.start - a.start);
  for (const { start, end, text } of edits) code = code.slice(0, start) + text + code.slice(end);
  return code;
}

function declare(names) {
  return names.length === 0 ? "" : `var ${names.join(", ")};\n`;
}

function compileBody(parameters, body) {
  return Object.freeze(new OriginalFunction(...parameters, body));
}

// Statements: the value of the last one counts, as in a console.
function compileStatements(parameters, code, tokens, head) {
  const ends = tokens.filter((token) => token.text === ";" && token.depth === 0);
  const trimmed = code.trimEnd();
  const last = trimmed.endsWith(";") ? ends.at(-2) : ends.at(-1);
  const cut = last === undefined ? 0 : last.end;
  const tail = trimmed.slice(cut).replace(/;$/, "");
  const body = STATEMENT.test(tail) ? trimmed : `${code.slice(0, cut)}\nreturn (${tail}\n);`;
  return compileBody(parameters, `${head}return (() => {\n${body}\n})();`);
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

// Extra globals become parameters of the compiled function, so their names must be names.
function checkNames(names) {
  for (const name of names) if (!NAME.test(name) || RESERVED.has(name)) throw new Failure(`"${name}" cannot be the name of a global.`);
}

function compileCode(source, extraNames) {
  checkNames(extraNames);
  const tokens = [];
  if (scanCode(source, 0, "", tokens) < 0) throw new Failure("invalid syntax: brackets, quotes or comments are not closed.");
  refuseNames(tokens);
  if (tokens.length === 0) return () => undefined;
  const parameters = ["globalThis", "$$extend", ...extraNames];
  const head = declare(undeclaredNames(tokens).filter((name) => !parameters.includes(name)));
  const code = rewriteExtensions(source, tokens);
  try {
    return compileBody(parameters, `${head}return (${code}\n);`);
  } catch (firstError) {
    try {
      const rewritten = [];
      scanCode(code, 0, "", rewritten);
      return compileStatements(parameters, code, rewritten, head);
    } catch {
      throw new Failure(`invalid syntax: ${firstError.message}.`);
    }
  }
}

function compilePart(part, extraNames) {
  if (part.code === undefined) return { text: part.text };
  return { run: compileCode(part.code, extraNames) };
}

// { single, mayChange, usesAsync, parts } or { failure }
function compileTemplate(template, extraNames) {
  if (!template.startsWith("=")) return { single: false, mayChange: false, parts: [{ text: template }] };
  const split = splitTemplate(template.slice(1));
  const codes = split.filter((part) => part.code !== undefined).map((part) => part.code).join("\n");
  try {
    return {
      single: split.length === 1 && split[0].code !== undefined,
      mayChange: MAY_CHANGE.test(codes),
      usesAsync: /async|await/.test(codes),
      parts: split.map((part) => compilePart(part, extraNames)),
    };
  } catch (error) {
    if (error instanceof Failure) return { failure: error.message, parts: [] };
    throw error;
  }
}
