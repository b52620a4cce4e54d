// Values: what leaves the sandbox. JSON text, or with markers for what JSON lacks.

function markerOf(value) {
  if (value === undefined) return { __type: "undefined" };
  if (typeof value === "number" && !Number.isFinite(value)) return { __type: String(value) };
  if (typeof value === "bigint") return { __type: "bigint", value: String(value) };
  if (typeof value === "symbol") return { __type: "symbol", value: String(value) };
  if (typeof value === "function") return { __type: "function", name: value.name };
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof Date) return { __type: "Date", iso: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (DateTime.isDateTime(value)) return { __type: "DateTime", iso: value.toISO(), zone: value.zoneName };
  if (Duration.isDuration(value)) return { __type: "Duration", iso: value.toISO(), object: value.toObject() };
  if (value instanceof Error) return { __type: "Error", name: value.name, message: value.message };
  return null;
}

function typedJson(value) {
  const marked = markerOf(value);
  if (marked !== null) return JSON.stringify(marked);
  return JSON.stringify(value, function (key, converted) {
    return markerOf(this[key]) ?? converted; // this[key] is the value before its toJSON
  });
}

function plainJson(value) {
  if (typeof value === "function") throw new Failure("The expression gives a function: call it with ().");
  if (typeof value === "bigint") return JSON.stringify(String(value));
  return JSON.stringify(value) ?? "null";
}

function toAnswerJson(value, typed) {
  try {
    return typed ? typedJson(value) : plainJson(value);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`The value cannot be turned into JSON: ${error?.message ?? error}.`);
  }
}

function toText(value) {
  if (value === undefined || value === null) return "";
  return String(value);
}
