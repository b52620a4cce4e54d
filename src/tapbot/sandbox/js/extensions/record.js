// Extensions of plain objects.

function needText(text, name) {
  if (typeof text !== "string" || text === "") throw new Failure(`${name}() needs a text that is not empty.`);
}

function fieldsWhere(record, keep) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => keep(value)));
}

extendType(Object, {
  compact: (record) => withoutNothing(record),
  hasField: (record, name) => Object.hasOwn(record, name),
  isEmpty: (record) => Object.keys(record).length === 0,
  isNotEmpty: (record) => Object.keys(record).length > 0,
  keepFieldsContaining: (record, text) => {
    needText(text, "keepFieldsContaining");
    return fieldsWhere(record, (value) => typeof value === "string" && value.includes(text));
  },
  keys: (record) => Object.keys(record),
  merge: (record, other) => ({ ...other, ...record }),
  removeField: (record, name) => Object.fromEntries(Object.entries(record).filter(([key]) => key !== name)),
  removeFieldsContaining: (record, text) => {
    needText(text, "removeFieldsContaining");
    return fieldsWhere(record, (value) => typeof value !== "string" || !value.includes(text));
  },
  toJsonString: (record) => JSON.stringify(record),
  urlEncode: (record) => Object.entries(record).map((pair) => pair.map((part) => encodeUrlFully(String(part)).replaceAll("%20", "+")).join("=")).join("&"),
  values: (record) => Object.values(record),
});
