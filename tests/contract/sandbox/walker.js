// Walks everything that a script can reach; `attack` tries to change all of it. The result is a fingerprint.
(() => {
  const attack = ATTACK;
  const O = Object;
  const protoOf = O["getPrototype" + "Of"];
  const describe = O["getOwnProperty" + "Descriptor"];
  const define = O["define" + "Property"];
  const setProto = O["setPrototype" + "Of"];
  const found = [];
  const seen = new Set();
  const visit = (value, path) => {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) return;
    seen.add(value);
    found.push([value, path]);
  };
  visit((function () { return this; })(), "this");
  visit(this, "host");
  const samples = {
    generator: (function* () {})(), asyncGenerator: (async function* () {})(), asyncFunction: async () => {},
    iterator: [][Symbol.iterator](), map: new Map().entries(), set: new Set().values(), text: ""[Symbol.iterator](),
    matches: "".matchAll(/x/g), typed: new Uint8Array(1), error: new TypeError(), pattern: /x/, date: new Date(0),
    zone: $now.zone, utc: DateTime.utc().zone, fixed: DateTime.utc().setZone("UTC+3").zone, input: $input,
    moment: DateTime, length: Duration, span: Interval, item: $item, query: $jmespath, number: O(5n), helper: [].map,
  };
  for (const name of O.keys(samples)) visit(O(samples[name]), name);
  const own = new Set(O.values(samples).flatMap((value) => [value, protoOf(O(value))]).filter((value) => !O.isFrozen(value))); // made just now
  const print = [];
  for (let i = 0; i < found.length; i++) {
    const [object, path] = found[i];
    if (own.has(object)) {
      visit(protoOf(object), `${path}.~`); // a generator's own prototype is new too
      continue;
    }
    const keys = [...O.getOwnPropertyNames(object), ...O.getOwnPropertySymbols(object)];
    print.push(`${path} ${O.isFrozen(object)} ${keys.map(String).sort().join()}`);
    visit(protoOf(object), `${path}.~`);
    for (const key of keys) {
      const { value, get, set } = describe(object, key);
      visit(value, `${path}.${String(key)}`);
      visit(get, `${path}.${String(key)}<`);
      visit(set, `${path}.${String(key)}>`);
      if (value === null || (typeof value !== "object" && typeof value !== "function")) print.push(String(value));
    }
  }
  const tries = [
    (object, key) => (object[key] = "owned"),
    (object, key) => define(object, key, { value: "owned" }),
    (object, key) => define(object, key, { get: () => "owned" }),
    (object, key) => delete object[key],
  ];
  if (attack)
    for (const [object] of found) {
      const keys = [...O.getOwnPropertyNames(object), ...O.getOwnPropertySymbols(object), "owned", 0];
      for (const key of keys) for (const attempt of tries) try { attempt(object, key); } catch {}
      try { setProto(object, { owned: true }); } catch {}
    }
  const frozen = found.filter(([object]) => O.isFrozen(object)).length;
  return { count: found.length, loose: found.filter(([object]) => !own.has(object) && !O.isFrozen(object)).map(([, path]) => path), frozen, print: print.join("\n") };
})()
