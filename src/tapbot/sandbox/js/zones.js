// Time zones for QuickJS, which has no Intl: offsets come from tables that the parent makes from the IANA data.

const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/;
const MOST_ZONES = 64;
const zoneTables = new Map(); // name as written -> { name, starts, offsets, names } or null when there is no such zone
const missingZones = new Set();

class ZoneMissing extends Error {}

function learnZones(tables) {
  if (zoneTables.size > MOST_ZONES) zoneTables.clear();
  for (const [name, table] of Object.entries(tables ?? {})) zoneTables.set(name, table);
}

function zoneTable(name) {
  if (typeof name !== "string" || name.length > 64 || !ZONE_NAME.test(name)) return null;
  const found = zoneTables.get(name);
  if (found !== undefined) return found;
  missingZones.add(name);
  throw new ZoneMissing(name);
}

// Runs `work`; when it asked for tables that are not here, the answer is the list of their names, and the parent
// sends the job again with them. A job has no effects, so that running it twice is safe.
function withZones(work) {
  missingZones.clear();
  let text = "";
  try {
    text = work();
  } catch (error) {
    if (missingZones.size === 0) throw error;
  }
  return missingZones.size > 0 ? JSON.stringify({ zones: [...missingZones] }) : text;
}

function zoneSpan(table, time) {
  let low = 0;
  let high = table.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table.starts[middle] * 1000 <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

// Offset in minutes east of UTC at `time` (ms since 1970).
function zoneOffset(table, time) {
  return table.offsets[zoneSpan(table, time)] / 60;
}

function offsetText(minutes, long) {
  if (minutes === 0) return "GMT";
  const hours = Math.trunc(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  const minutesText = rest > 0 || long ? `:${String(rest).padStart(2, "0")}` : "";
  return `GMT${minutes < 0 ? "-" : "+"}${long ? String(hours).padStart(2, "0") : hours}${minutesText}`;
}

function zoneName(table, time, long, locale) {
  const abbreviation = table.names[zoneSpan(table, time)];
  if (!long && /^[A-Z]{3,4}$/.test(abbreviation) && (abbreviation === "UTC" || (locale.startsWith("en") && table.name.startsWith("America/"))))
    return abbreviation;
  return offsetText(zoneOffset(table, time), long);
}

// What intl.js asks for a zone by name; a zone that does not exist is a RangeError, as in Intl.
function zoneOffsetAt(name, time) {
  const fixed = /^(?:UTC|GMT|Etc\/UTC)?(?:([+-])(\d\d):?(\d\d))?$/i.exec(name);
  if (fixed !== null) return fixed[1] === undefined ? 0 : (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3]));
  const table = zoneTable(name);
  if (table === null) throw new RangeError(`Invalid time zone specified: ${name}`);
  return zoneOffset(table, time);
}

function zoneNameAt(name, time, long, locale) {
  if (/^(?:UTC|GMT|Etc\/UTC)$/i.test(name)) return long ? "GMT" : "UTC";
  if (name.startsWith("+") || name.startsWith("-")) return offsetText(zoneOffsetAt(name, time), long);
  return zoneName(zoneTable(name), time, long, locale);
}

function patchZones(IANAZone) {
  const create = IANAZone.create;
  IANAZone.create = (name) => Object.freeze(create.call(IANAZone, name)); // luxon caches it: nobody may mark it
  IANAZone.isValidZone = (name) => zoneTable(name) !== null;
  IANAZone.prototype.offset = function (time) {
    return this.isValid && !Number.isNaN(time) ? zoneOffset(zoneTable(this.name), time) : NaN;
  };
  IANAZone.prototype.offsetName = function (time, { format, locale } = {}) {
    return zoneName(zoneTable(this.name), time, format === "long", locale ?? "en");
  };
}
