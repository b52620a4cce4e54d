// Entry of a Code node context (V8): start a job, then finish it; between the two calls the engine settles promises.

const MOST_LINES = 200;
const MOST_LINE_LENGTH = 2000;
const HEAD_LINES = 4; // lines above the user's source: two that V8 adds, two of ours
const ITEM_KEYS = new Set(["json", "binary", "pairedItem", "error", "index"]);
const running = { outcome: null, timers: [], lines: [], nextTimer: 1 };

// V8 knows all zones; intl.js asks for them when it formats Kazakh.
function zoneOffsetAt(name, time) {
  return name === "UTC" ? 0 : luxon.IANAZone.create(name).offset(time);
}

function zoneNameAt(name, time, long) {
  return luxon.IANAZone.create(name).offsetName(time, { format: long ? "long" : "short", locale: "en" });
}

function lineText(values) {
  const text = values.map((value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  }).join(" ");
  return text.length > MOST_LINE_LENGTH ? `${text.slice(0, MOST_LINE_LENGTH)}…` : text;
}

function print(...values) {
  if (running.lines.length < MOST_LINES) running.lines.push(lineText(values));
  else if (running.lines.length === MOST_LINES) running.lines.push("(more lines were left out)");
}

// Timers run in order of their time as soon as nothing else is left to do: a job never really waits.
function addTimer(callback, milliseconds, rest, every) {
  if (typeof callback !== "function") throw new TypeError("setTimeout() and setInterval() need a function.");
  const id = running.nextTimer++;
  const delay = Math.max(0, Number(milliseconds) || 0);
  running.timers.push({ id, at: clock.now + delay, every: every ? Math.max(1, delay) : 0, callback, rest });
  return id;
}

function removeTimer(id) {
  running.timers = running.timers.filter((timer) => timer.id !== id);
}

function runNextTimer() {
  const next = running.timers.reduce((first, timer) => (timer.at < first.at ? timer : first));
  if (next.every > 0) next.at += next.every;
  else removeTimer(next.id);
  clock.now = Math.max(clock.now, next.every > 0 ? next.at - next.every : next.at);
  next.callback(...next.rest);
}

function absent(name, instead) {
  return () => {
    throw new Error(`${name} is not available in a Code node. ${instead}`);
  };
}

const HELPERS = new Proxy(Object.freeze({}), { get: (_, name) => absent(`$helpers.${String(name)}`, "Use the node for it, for example HTTP Request.")() });
const CODE_NAMES = {
  items: () => allItems(),
  item: () => currentItem(),
  $helpers: () => HELPERS,
};
// What the workflow keeps from run to run, for all its nodes or for this one.
function staticData(kind) {
  if (kind !== "global" && kind !== "node") throw new Failure('$getWorkflowStaticData() needs "global" or "node".');
  running.asked = true;
  if (kind === "global") return (running.static.global ??= {});
  return ((running.static.node ??= {})[running.node] ??= {});
}

const CODE_FUNCTIONS = {
  $getWorkflowStaticData: staticData,
  getWorkflowStaticData: staticData,
  setTimeout: (callback, milliseconds, ...rest) => addTimer(callback, milliseconds, rest, false),
  setInterval: (callback, milliseconds, ...rest) => addTimer(callback, milliseconds, rest, true),
  setImmediate: (callback, ...rest) => addTimer(callback, 0, rest, false),
  clearTimeout: removeTimer,
  clearInterval: removeTimer,
  queueMicrotask: (callback) => void Promise.resolve().then(callback),
  structuredClone: (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value))),
  require: absent("require()", "luxon and $jmespath are there without it; other modules cannot be loaded."),
  fetch: absent("fetch()", "Use the HTTP Request node."),
};
const CONSOLE = Object.freeze({ log: print, info: print, warn: print, error: print, debug: print, dir: print, table: print, trace: print });

function installCodeNames() {
  for (const name of ["eval", "WebAssembly", "WeakRef", "FinalizationRegistry", "performance", "SharedArrayBuffer", "Atomics", "Temporal", "console"])
    delete globalThis[name];
  for (const [name, get] of Object.entries(CODE_NAMES)) Object.defineProperty(globalThis, name, { get, enumerable: true });
  Object.assign(globalThis, CODE_FUNCTIONS, { console: CONSOLE, luxon: EXPOSED_LUXON, eval: absent("eval()", "Write the code itself.") });
}

// Without Settings: what they hold would be seen by the next job.
const EXPOSED_LUXON = Object.freeze(Object.fromEntries(Object.entries(luxon).filter(([name]) => name !== "Settings")));

const CACHED_SOURCES = 200;
const compiledSources = new Map();

function compiledSource(source, names) {
  const key = `${names.join(",")}\n${source}`;
  let found = compiledSources.get(key);
  if (found === undefined) {
    if (compiledSources.size >= CACHED_SOURCES) compiledSources.clear();
    compiledSources.set(key, (found = Object.freeze(compileSource(source, names))));
  }
  return found;
}

function compileSource(source, names) {
  checkNames(names);
  const tokens = [];
  const assigned = scanCode(source, 0, "", tokens) < 0 ? [] : undeclaredNames(tokens).filter((name) => !names.includes(name));
  const vars = assigned.length === 0 ? "" : `var ${assigned.join(", ")};`;
  const awaits = tokens.some((token) => token.text === "await");
  const body = `${vars}return (${awaits ? "async " : ""}function () {\n${source}\n}).call(this);\n//# sourceURL=code-node`;
  new AsyncFunction(source); // a source that closes our function early is no valid body by itself
  return new OriginalFunction("$$extend", ...names, `\n${body}`);
}

function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toItem(value, place) {
  if (!isRecord(value)) throw new Failure(`Code must return objects, but ${place} is ${value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`}.`);
  if (!("json" in value)) return { json: value };
  if (!isRecord(value.json)) throw new Failure(`The "json" of ${place} must be an object.`);
  const item = {};
  for (const [key, part] of Object.entries(value)) {
    if (!ITEM_KEYS.has(key)) throw new Failure(`Unknown key "${key}" beside "json" in ${place}: put it inside "json".`);
    if (key !== "index" && part !== undefined) item[key] = part;
  }
  return item;
}

function toItems(result) {
  if (Array.isArray(result)) return result.map((value, i) => toItem(value, `item ${i}`));
  if (isRecord(result)) return [toItem(result, "the result")];
  throw new Failure('Code must return an array of items such as [{ json: { name: "A" } }], or one object; add a return.');
}

// A source without `await` is compiled as a plain function, so that its answer is there in one call of the engine;
// these are generators that hand out what must be waited for.
function* runAll(code, values) {
  enterItem(0, "0", false);
  return toItems(yield code.call(HOST, EXTENSIONS, ...values));
}

function* runEach(code, values, job) {
  const results = [];
  for (let index = 0; index < job.items.length; index++) {
    enterItem(index, `${index}`, false);
    running.index = index;
    let result;
    try {
      result = yield code.call(HOST, EXTENSIONS, ...values);
      if (Array.isArray(result)) throw new Failure("In the mode for each item, code must return one object, not an array.");
      if (result !== undefined && result !== null) result = toItem(result, "the result");
    } catch (error) {
      if (!job.keep_going) throw error;
      const message = describeError(error) + placeText(lineOf(error), index);
      result = { json: { error: message }, error: message };
    }
    if (result === undefined || result === null) continue; // nothing returned: the item is dropped
    results.push({ pairedItem: { item: index }, ...result });
  }
  return results;
}

function isThenable(value) {
  return typeof value === "object" && value !== null && typeof value.then === "function";
}

// Drives a generator as far as it goes without waiting, and on from there when a promise settles.
function drive(steps, input, method) {
  try {
    let step = steps[method](input);
    while (!step.done && !isThenable(step.value)) step = steps.next(step.value);
    if (step.done) succeed(step.value);
    else Promise.resolve(step.value).then((value) => drive(steps, value, "next"), (error) => drive(steps, error, "throw"));
  } catch (error) {
    settle(error);
  }
}

function lineOf(error) {
  const found = /code-node:(\d+):\d+/.exec(typeof error?.stack === "string" ? error.stack : "");
  return found === null ? null : Math.max(1, Number(found[1]) - HEAD_LINES);
}

function describeError(error) {
  if (error instanceof Failure) return error.message;
  if (!(error instanceof Error)) return `The code threw ${lineText([error])}.`;
  const missing = /^(\w+) is not defined$/.exec(error.message)?.[1];
  const hint = ["Buffer", "process", "global", "URL", "crypto", "XMLHttpRequest"].includes(missing) ? " (a Code node has no host objects)" : "";
  return (error.message || error.name) + hint;
}

// As n8n writes it: "[line 3, for item 0]".
function placeText(line, index) {
  const parts = [line === null ? "" : `line ${line}`, index === null ? "" : `for item ${index}`].filter(Boolean);
  return parts.length === 0 ? "" : ` [${parts.join(", ")}]`;
}

function fail(message, line, index) {
  running.outcome = JSON.stringify({ items: [], console: running.lines, failure: { message, line, item_index: index } });
}

function succeed(items) {
  try {
    const kept = running.asked ? `,"static":${JSON.stringify(running.static)}` : "";
    running.outcome = `{"items":${JSON.stringify(items)},"console":${JSON.stringify(running.lines)}${kept}}`;
  } catch (error) {
    fail(`The result cannot be turned into JSON: ${error.message}.`, null, null);
  }
}

function settle(error) {
  fail(describeError(error), lineOf(error), running.mode === "each" ? running.index : null);
}

// Returns the answer as JSON text, "" when promises must settle first, or "syntax …" when the source does not parse.
function start(jobText) {
  const job = JSON.parse(jobText);
  Object.assign(running, { outcome: null, timers: [], lines: [], nextTimer: 1, index: null, mode: job.mode, node: job.node, static: job.static ?? {}, asked: false });
  luxon.Settings.resetCaches();
  Object.assign(luxon.Settings, LUXON_DEFAULTS);
  enterJob(job);
  const names = Object.keys(job.globals);
  let code;
  try {
    code = compiledSource(job.source, names);
  } catch (error) {
    if (error instanceof SyntaxError) return `syntax ${error.message}`;
    settle(error);
    return leave();
  }
  const values = names.map((name) => job.globals[name]);
  drive(job.mode === "each" ? runEach(code, values, job) : runAll(code, values), undefined, "next");
  return running.outcome === null ? "" : leave();
}

// Runs jobs, one a line, until one of them must wait: its answer, the last one, is "" then. JSON has no line breaks.
function startMany(jobTexts) {
  if (!jobTexts.includes("\n")) return start(jobTexts);
  const answers = [];
  for (const jobText of jobTexts.split("\n")) {
    answers.push(start(jobText).replaceAll("\n", " "));
    if (answers.at(-1) === "") break;
  }
  return answers.join("\n");
}

function leave() {
  const text = running.outcome;
  Object.assign(running, { outcome: null, timers: [], lines: [] });
  current.job = null;
  return text;
}

// Returns the answer as JSON text, or "" when it must be called again.
function finish() {
  if (running.outcome === null && running.timers.length > 0) {
    try {
      runNextTimer();
    } catch (error) {
      settle(error);
    }
    return running.outcome === null ? "" : finish();
  }
  if (running.outcome === null) fail("The code never ends: it awaits a promise that nothing settles.", null, null);
  return leave();
}

const LUXON_DEFAULTS = { defaultNumberingSystem: null, defaultOutputCalendar: null, defaultWeekSettings: null, throwOnInvalid: false, twoDigitCutoffYear: 60 };

installClock();
installIntl();
installNames();
closeDynamicCode();
installCodeNames();
finishExtensions();
freezeSingletons();
lockdown([luxon, EXPOSED_LUXON, jmespath, EXTENSIONS, HOST, NodeAccess, NodeRecord, InputAccess, itemScope, input, HELPERS]);
return { startMany, finish };
