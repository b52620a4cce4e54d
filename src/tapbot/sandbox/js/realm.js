// Realm: the run's clock and randomness, then the lockdown that makes every reachable object unchangeable.

// The runtime and its libraries keep these; scripts lose some of them below.
const { Function: OriginalFunction, Date: OriginalDate, Reflect, Proxy, Promise } = globalThis;
const AsyncFunction = (async () => {}).constructor;
const clock = { now: 0 };
const dice = { seed: 0, place: "", rolled: false, state: 0 };

class Failure extends Error {} // an error of ours: the evaluation fails, while JavaScript's own exceptions give undefined

function refuse(name) {
  throw new Failure(`Access to "${name}" is refused.`);
}

// The dice depend on the run's seed and the place alone, so that an answer does not depend on what was evaluated before.
function layDice(seed, place) {
  dice.seed = seed;
  dice.place = place;
  dice.rolled = false;
}

// FNV-1a
function hashText(text) {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0), 16777619);
  return hash >>> 0;
}

// mulberry32, a public-domain generator by Tommy Ettinger
function random() {
  if (!dice.rolled) {
    dice.rolled = true;
    dice.state = hashText(`${dice.seed}/${dice.place}`);
  }
  dice.state = (dice.state + 0x6d2b79f5) >>> 0;
  let mixed = dice.state;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
}

function installClock() {
  function RunDate(...args) {
    if (new.target === undefined) return new OriginalDate(clock.now).toString();
    return Reflect.construct(OriginalDate, args.length === 0 ? [clock.now] : args, new.target);
  }
  Object.defineProperty(RunDate, "name", { value: "Date" });
  Object.defineProperty(RunDate, "length", { value: 7 });
  Object.defineProperty(RunDate, "prototype", { value: OriginalDate.prototype, writable: false });
  for (const name of ["parse", "UTC"]) Object.defineProperty(RunDate, name, { value: OriginalDate[name] });
  Object.defineProperty(RunDate, "now", { value: () => clock.now });
  Object.defineProperty(OriginalDate.prototype, "constructor", { value: RunDate });
  globalThis.Date = RunDate;
  Object.defineProperty(Math, "random", { value: random });
}

// Code from strings is refused: `Function`, its async and generator kin, and eval.
function closeDynamicCode() {
  const kinds = [function () {}, async function () {}, function* () {}, async function* () {}];
  for (const kind of kinds) {
    const prototype = Object.getPrototypeOf(kind);
    const closed = function () {
      refuse("Function");
    };
    Object.defineProperty(closed, "prototype", { value: prototype, writable: false });
    Object.defineProperty(prototype, "constructor", { value: closed, writable: false, configurable: false });
    if (kind === kinds[0]) globalThis.Function = closed;
  }
}

// A frozen prototype would make `error.name = "X"` throw in strict code; these prototypes hold accessors that
// define the property on the object instead (the "override mistake").
function allowOverrides(prototype) {
  for (const key of Reflect.ownKeys(prototype)) {
    const found = Object.getOwnPropertyDescriptor(prototype, key);
    if (!("value" in found) || !found.configurable) continue;
    const { value } = found;
    Object.defineProperty(prototype, key, {
      get: () => value,
      set(replacement) {
        if (this === prototype || this === null || typeof this !== "object" && typeof this !== "function") return;
        Object.defineProperty(this, key, { value: replacement, writable: true, enumerable: true, configurable: true });
      },
      enumerable: found.enumerable,
      configurable: false,
    });
  }
}

function hiddenIntrinsics() {
  const generator = (function* () {})();
  const asyncGenerator = (async function* () {})();
  const samples = [
    generator, asyncGenerator, function* () {}, async function* () {}, async function () {}, () => {},
    [][Symbol.iterator](), ""[Symbol.iterator](), new Map().entries(), new Set().values(), "".matchAll(/x/g),
    Symbol.prototype, new Uint8Array(0), Object(BigInt(0)), new Error(), /x/, new OriginalDate(0), OriginalFunction,
    OriginalDate, Promise, AsyncFunction,
  ];
  if (typeof Iterator === "function") samples.push(Iterator.from({ next() {} }), [].values().map((x) => x));
  if (typeof Intl === "object" && Intl.Segmenter)
    samples.push(new Intl.Segmenter().segment(""), new Intl.Segmenter().segment("")[Symbol.iterator]());
  return samples;
}

// Every object that can be reached from `roots` by properties, accessors and prototypes.
function reachable(roots) {
  const seen = new Set();
  const todo = [];
  const visit = (value) => {
    if (value !== null && (typeof value === "object" || typeof value === "function") && !seen.has(value)) {
      seen.add(value);
      todo.push(value);
    }
  };
  roots.forEach(visit);
  while (todo.length > 0) {
    const object = todo.pop();
    visit(Object.getPrototypeOf(object));
    for (const key of Reflect.ownKeys(object)) {
      const found = Object.getOwnPropertyDescriptor(object, key);
      if ("value" in found) visit(found.value);
      else {
        visit(found.get);
        visit(found.set);
      }
    }
  }
  return seen;
}

function lockdown(extraRoots) {
  delete RegExp.prototype.compile; // would change a frozen expression's pattern
  for (const key of Reflect.ownKeys(RegExp)) // RegExp.$1 and its kin remember the last match of another evaluation
    if (typeof key === "string" && (key.startsWith("$") || /^(input|last|left|right)/.test(key))) delete RegExp[key];
  const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
  [Object, ...errors].forEach((type) => allowOverrides(type.prototype));
  for (const object of reachable([globalThis, ...hiddenIntrinsics(), ...extraRoots]))
    if (!ArrayBuffer.isView(object)) Object.freeze(object);
}
