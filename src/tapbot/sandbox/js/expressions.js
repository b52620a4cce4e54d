// Entry of an expression context: one job in, one answer out, both as JSON text.

const CLEAN = " ";
const TAINTED = "!"; // the child drops the context: a template used async code, whose jobs could outlive the call
const CACHED_TEMPLATES = 2000;
const compiled = new Map();
const host = { tainted: false };

function compiledTemplate(template, extraNames) {
  const key = extraNames.length === 0 ? template : `${extraNames.join(",")}\n${template}`;
  let found = compiled.get(key);
  if (found === undefined) {
    if (compiled.size >= CACHED_TEMPLATES) compiled.clear();
    compiled.set(key, (found = compileTemplate(template, extraNames)));
  }
  return found;
}

// JavaScript's own exceptions give undefined; ours do not, nor does a heap that is full (QuickJS may throw null then).
function attempt(run, extraValues) {
  try {
    return run.call(HOST, EMPTY, EXTENSIONS, ...extraValues);
  } catch (error) {
    if (error === null || error instanceof Failure || error instanceof InternalError) throw error;
    return undefined;
  }
}

function evaluateCell(template, extraValues, typed) {
  if (template.failure !== undefined) throw new Failure(template.failure);
  const values = template.parts.map((part) => part.text ?? attempt(part.run, extraValues));
  return toAnswerJson(template.single ? values[0] : values.map(toText).join(""), typed);
}

function globalValue(value) {
  if (value === null || typeof value !== "object" || value.__type !== "function") return value;
  return () => value.returns;
}

function evaluateJob(job) {
  const names = Object.keys(job.globals);
  const extraValues = names.map((name) => globalValue(job.globals[name]));
  const templates = job.templates.map((template) => compiledTemplate(template, names));
  host.tainted = templates.some((template) => template.usesAsync);
  const rows = [];
  const failures = [];
  for (const index of job.item_indexes) {
    const row = [];
    templates.forEach((template, t) => {
      enterItem(index, `${index}/${t}`, template.mayChange);
      try {
        row.push(evaluateCell(template, extraValues, job.typed));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        row.push("null");
        failures.push({ item_index: index, template_index: t, message: error.message });
      }
    });
    rows.push(`[${row.join(",")}]`);
  }
  return ['{"values":[', rows.join(","), '],"failures":', JSON.stringify(failures), "}"].join("");
}

// Returns one mark (see CLEAN) and JSON text: the answer, or {"zones": […]} when time zone tables are missing.
function answer(jobText) {
  const job = JSON.parse(jobText);
  learnZones(job.zones);
  try {
    const text = withZones(() => {
      enterJob(job);
      return evaluateJob(job);
    });
    return [host.tainted ? TAINTED : CLEAN, text].join(""); // join: the binding cannot return a rope string
  } finally {
    current.job = null;
    current.copies = null;
  }
}

// A browser's or a host's names give {} or nothing, as they do in n8n; what could outlive an evaluation is taken away.
function closeExpressionRealm() {
  closeDynamicCode();
  for (const name of ["eval", "Promise", "WeakRef", "FinalizationRegistry", "performance", "queueMicrotask", "DOMException", "AsyncDisposableStack"])
    delete globalThis[name];
  delete Array.fromAsync;
  if (typeof Atomics === "object") delete Atomics.waitAsync;
  for (const name of ["document", ...Object.keys(HOST)]) Object.defineProperty(globalThis, name, { value: EMPTY });
}

installClock();
installIntl();
patchZones(luxon.IANAZone);
installNames();
installExtensions();
closeExpressionRealm();
freezeSingletons();
lockdown([luxon, jmespath, EXTENSIONS, HOST, NodeAccess, NodeRecord, InputAccess, itemScope]);
return answer;
