// Extensions of arrays, and the functions that make lists.

function numbersOf(list, name) {
  if (!list.every((value) => typeof value === "number")) throw new Failure(`${name}(): all elements of the array must be numbers.`);
  return list;
}

function uniqueOf(list, fields) {
  const seen = new Set(); // primitives
  const kept = [];
  for (const value of list) {
    const key = fields.length === 0 ? value : fields.map((field) => value?.[field]);
    if (typeof key !== "object" || key === null) {
      if (seen.has(key)) continue;
      seen.add(key);
    } else if (kept.some((other) => isSame(key, fields.length === 0 ? other : fields.map((field) => other?.[field])))) continue;
    kept.push(value);
  }
  return kept;
}

// Names of fields, one by one or in a text with commas.
function namesIn(fields) {
  return fields.flat().flatMap((field) => (typeof field === "string" ? field.split(",").map((name) => name.trim()) : [field]));
}

function requireArray(value, name) {
  if (!Array.isArray(value)) throw new Failure(`${name}() needs an array.`);
  return value;
}

function average(...numbers) {
  return numbers.length === 0 ? 0 : numbers.reduce((total, number) => total + number, 0) / numbers.length;
}

function numberList(start, end) {
  const step = start <= end ? 1 : -1;
  const size = Math.abs(end - start) + 1;
  if (!(size <= 1e6)) throw new Failure("numberList() makes at most a million numbers.");
  return Array.from({ length: size }, (_, i) => start + i * step);
}

function zip(keys, values) {
  if (!Array.isArray(keys) || !Array.isArray(values)) throw new Failure("zip(): keys and values must be arrays.");
  if (keys.length !== values.length) throw new Failure("zip(): keys and values must be of the same length.");
  const zipped = {};
  for (let i = 0; i < keys.length; i++) {
    if (REFUSED.has(String(keys[i]))) refuse(keys[i]);
    zipped[keys[i]] = values[i];
  }
  return zipped;
}

function pluck(list, ...fields) {
  const pick = (value) => (fields.length === 1 ? value?.[fields[0]] : fields.map((field) => value?.[field]));
  return fields.length === 0 ? list : list.map(pick).filter((value) => value !== undefined);
}

function renameKeys(list, ...names) {
  if (names.length === 0 || names.length % 2 === 1) throw new Failure("renameKeys() needs pairs of names: an old one and a new one.");
  return list.map((value) => {
    if (typeof value !== "object" || value === null) return value;
    const renamed = { ...value };
    for (let i = 0; i < names.length; i += 2) {
      if (!Object.hasOwn(renamed, names[i])) continue;
      const moved = renamed[names[i]];
      delete renamed[names[i]];
      if (REFUSED.has(names[i + 1])) refuse(names[i + 1]);
      renamed[names[i + 1]] = moved;
    }
    return renamed;
  });
}

function chunk(list, size) {
  if (!(size >= 1)) throw new Failure("chunk() needs a size of at least 1.");
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

extendType(Array, {
  append: (list, ...values) => [...list, ...values],
  average: (list) => average(...numbersOf(list, "average")),
  chunk,
  compact: (list) => withoutNothing(list),
  difference: (list, other) => list.filter((value) => !requireArray(other, "difference").some((part) => isSame(part, value))),
  first: (list) => list[0],
  intersection: (list, other) => uniqueOf(list.filter((value) => requireArray(other, "intersection").some((part) => isSame(part, value))), []),
  isEmpty: (list) => list.length === 0,
  isNotEmpty: (list) => list.length > 0,
  last: (list) => list.at(-1),
  max: (list) => Math.max(...numbersOf(list, "max")),
  merge: (list, other) => zipMerge(list, requireArray(other ?? [], "merge")),
  min: (list) => Math.min(...numbersOf(list, "min")),
  pluck,
  randomItem: (list) => list[Math.floor(random() * list.length)],
  removeDuplicates: (list, ...fields) => uniqueOf(list, namesIn(fields)),
  renameKeys,
  smartJoin: (list, key, value) => Object.fromEntries(list.map((part) => [part?.[key], part?.[value]])),
  sum: (list) => numbersOf(list, "sum").reduce((total, number) => total + number, 0),
  toJsonString: (list) => JSON.stringify(list),
  union: (list, other) => uniqueOf([...list, ...requireArray(other, "union")], []),
  unique: (list, ...fields) => uniqueOf(list, namesIn(fields)),
});

function zipMerge(list, other) {
  const size = Math.max(list.length, other.length);
  return Array.from({ length: size }, (_, i) => ({ ...list[i], ...other[i] })).reduce((all, part) => ({ ...all, ...part }), {});
}
