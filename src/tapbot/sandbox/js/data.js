// Data: the names that n8n's expression language gives to scripts ($json, $input, $('Node'), $now …).

const EMPTY = Object.freeze({});
const current = { job: null, position: 0, index: 0, copies: null };

// A template that may change what it reads gets its own copy, so that sort() in one place is not seen in another.
function own(value) {
  if (current.copies === null || value === null || typeof value !== "object") return value;
  let copy = current.copies.get(value);
  if (copy === undefined) current.copies.set(value, (copy = JSON.parse(JSON.stringify(value))));
  return copy;
}

function itemAt(index) {
  const { items, positions } = current.job;
  const item = positions === undefined ? items[index] : items[positions[index]];
  return item === undefined ? undefined : own(item);
}

function currentItem() {
  return itemAt(current.index);
}

function nodeView(name) {
  const view = Object.hasOwn(current.job.nodes, name) ? current.job.nodes[name] : undefined;
  if (view === undefined) throw new Failure(`There is no node "${name}" in this workflow.`);
  return view;
}

function executedView(name) {
  const view = nodeView(name);
  if (view.items === null && view.outputs.length === 0) throw new Failure(`Node "${name}" has not been executed yet.`);
  return view;
}

// Without an output: the one that leads to the current node. The run -1 is the last one.
function outputItems(name, output = undefined, run = undefined) {
  const view = executedView(name);
  const number = run === -1 ? (view.runs?.length ?? 0) - 1 : run;
  if (number !== undefined && number !== view.run_index) {
    if (view.runs?.[number] === undefined) throw new Failure(`Node "${name}" has no run with the index ${run}.`);
    return own(view.runs[number][output ?? 0] ?? []);
  }
  if (output === undefined) return own(view.items ?? view.outputs[0] ?? []);
  return own(view.outputs[output] ?? (output === 0 ? view.items : null) ?? []);
}

function pairedItem(name, index) {
  const view = executedView(name);
  const pair = view.pairs[index];
  if (typeof pair === "string") throw new Failure(pair);
  if (pair === undefined || pair === null)
    throw new Failure(`It is not known which item of node "${name}" belongs to item ${index}: paired item data is unavailable.`);
  return view.partners ? own(view.partners[pair]) : outputItems(name)[pair];
}

// $('Node')
class NodeAccess {
  #name;
  constructor(name) {
    this.#name = name;
    Object.freeze(this);
  }
  get item() {
    return pairedItem(this.#name, current.index);
  }
  get pairedItem() {
    return (index = current.index) => pairedItem(this.#name, index);
  }
  itemMatching(index) {
    if (typeof index !== "number") throw new Failure("itemMatching() needs the index of an item.");
    return pairedItem(this.#name, index);
  }
  first(output, run) {
    return outputItems(this.#name, output, run)[0];
  }
  last(output, run) {
    return outputItems(this.#name, output, run).at(-1);
  }
  all(output, run) {
    return outputItems(this.#name, output, run);
  }
  get params() {
    return own(nodeView(this.#name).params);
  }
  get context() {
    return own(nodeView(this.#name).context);
  }
  get isExecuted() {
    const view = nodeView(this.#name);
    return view.items !== null || view.outputs.length > 0;
  }
}

// $node["Node"], the older form: the item with the current index
class NodeRecord {
  #name;
  #index;
  constructor(name, index) {
    this.#name = name;
    this.#index = index;
    Object.freeze(this);
  }
  #item() {
    const items = outputItems(this.#name);
    const item = items[this.#index] ?? (items.length === 1 ? items[0] : undefined);
    if (item === undefined) throw new Failure(`Node "${this.#name}" has no item with index ${this.#index}.`);
    return item;
  }
  get json() {
    return this.#item().json;
  }
  get data() {
    return this.#item().json;
  }
  get binary() {
    return this.#item().binary ?? {};
  }
  get parameter() {
    return own(nodeView(this.#name).params);
  }
  get params() {
    return own(nodeView(this.#name).params);
  }
  get context() {
    return own(nodeView(this.#name).context);
  }
  get runIndex() {
    return nodeView(this.#name).run_index;
  }
  get isExecuted() {
    return new NodeAccess(this.#name).isExecuted;
  }
}

function nodeRecords(index) {
  const records = {};
  for (const name of Object.keys(current.job.nodes))
    Object.defineProperty(records, name, { value: new NodeRecord(name, index), enumerable: true });
  return new Proxy(Object.freeze(records), {
    get(target, name) {
      if (typeof name === "symbol" || name === "toJSON" || Object.hasOwn(target, name)) return target[name];
      return new NodeRecord(name, index).json; // an unknown node fails with its name
    },
  });
}

class InputAccess {
  get item() {
    return currentItem();
  }
  all() {
    return allItems();
  }
  first() {
    return itemAt(0);
  }
  last() {
    return itemAt(current.job.items.length - 1);
  }
  get params() {
    return own(current.job.previous?.params ?? EMPTY);
  }
  get context() {
    return own(current.job.previous?.context ?? EMPTY);
  }
}

function allItems() {
  return own(current.job.items);
}

// $item(i): the same names, as item i sees them
function itemScope(index) {
  return Object.freeze({
    get $json() {
      return itemAt(index)?.json;
    },
    get $binary() {
      return itemAt(index)?.binary ?? {};
    },
    get $node() {
      return nodeRecords(index);
    },
    $itemIndex: index,
  });
}

function execution() {
  const { run } = current.job;
  return {
    id: run.run_id,
    mode: run.mode === "manual" ? "test" : "production",
    resumeUrl: run.resume_url,
    resumeFormUrl: run.resume_form_url,
    customData: { set() {}, setAll() {}, get() {}, getAll: () => ({}) },
  };
}

function previousNode() {
  const { previous } = current.job;
  return { name: previous?.name, outputIndex: previous?.output_index ?? 0, runIndex: previous?.run_index ?? 0 };
}

function isEmpty(value) {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && !(value instanceof Date) && Object.keys(value).length === 0;
}

const input = Object.freeze(new InputAccess());

// Each name is a getter: nothing is built before an expression asks for it.
const NAMES = {
  $json: () => currentItem()?.json,
  $data: () => currentItem()?.json,
  $binary: () => currentItem()?.binary ?? {},
  $input: () => input,
  $node: () => nodeRecords(current.index),
  $parameter: () => own(current.job.parameters),
  $rawParameter: () => own(current.job.parameters),
  $now: () => DateTime.fromMillis(clock.now),
  $today: () => DateTime.fromMillis(clock.now).startOf("day"),
  $workflow: () => ({ ...current.job.run.workflow }),
  $execution: execution,
  $executionId: () => current.job.run.run_id,
  $resumeWebhookUrl: () => current.job.run.resume_url,
  $vars: () => own(current.job.run.vars),
  $env: () => ({ ...current.job.run.env }),
  $runIndex: () => current.job.run.run_index,
  $itemIndex: () => current.index,
  $position: () => current.index,
  $thisItem: currentItem,
  $thisItemIndex: () => current.index,
  $thisRunIndex: () => current.job.run.run_index,
  $mode: () => current.job.run.mode,
  $prevNode: previousNode,
};

const FUNCTIONS = {
  $: (name) => {
    nodeView(name);
    return new NodeAccess(name);
  },
  $items: (name, output = undefined, run = undefined) => (name === undefined ? allItems() : outputItems(name, output, run)),
  $item: itemScope,
  $jmespath: (data, query) => {
    if (typeof data !== "object" || typeof query !== "string")
      throw new Failure("$jmespath() needs an object and a query: $jmespath(data, 'people[0].name').");
    return data === null ? undefined : jmespath.search(data, query);
  },
  $jmesPath: (data, query) => FUNCTIONS.$jmespath(data, query),
  $if: (condition, then, otherwise = false) => (condition ? then : otherwise),
  $not: (value) => !value,
  $ifEmpty: (value, otherwise) => (isEmpty(value) ? otherwise : value),
  $min: (...numbers) => Math.min(...numbers),
  $max: (...numbers) => Math.max(...numbers),
  $evaluateExpression: () => {
    throw new Failure("$evaluateExpression() is refused: data is never evaluated as code.");
  },
  $fromAI: () => {
    throw new Failure("$fromAI() has a value only where a bot uses the node as a tool.");
  },
};

function installNames() {
  for (const [name, get] of Object.entries(NAMES)) Object.defineProperty(globalThis, name, { get, enumerable: true });
  for (const [name, value] of Object.entries(FUNCTIONS)) Object.defineProperty(globalThis, name, { value, enumerable: true });
  Object.assign(globalThis, { DateTime, Duration, Interval });
}

// Puts a job in front of the scripts: its data, clock, zone and locale.
function enterJob(job) {
  current.job = job;
  clock.now = OriginalDate.parse(job.run.now);
  luxon.Settings.now = () => clock.now;
  luxon.Settings.defaultZone = job.run.zone;
  luxon.Settings.defaultLocale = job.run.locale;
}

function enterItem(index, place, mayChange) {
  current.index = index;
  current.copies = mayChange ? new Map() : null;
  layDice(current.job.run.seed, place);
}
