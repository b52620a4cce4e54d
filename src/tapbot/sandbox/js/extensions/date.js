// Extensions of JavaScript dates and luxon's DateTime. A date in gives a date out.

const EXTRACTED = { week: "weekNumber", yearDayNumber: "ordinal", dayOfYear: "ordinal", dayOfWeek: "weekday", weekday: "weekday" };

function momentOf(value) {
  if (DateTime.isDateTime(value)) return value;
  if (value instanceof Date) return DateTime.fromMillis(value.getTime());
  if (typeof value === "string") return parseMoment(value);
  return DateTime.fromMillis(NaN);
}

function likeInput(value, moment) {
  return value instanceof Date ? new OriginalDate(moment.toMillis()) : moment;
}

function shift(value, amount, unit, method) {
  const span = typeof amount === "object" && amount !== null ? amount : { [unit ?? "milliseconds"]: amount };
  return likeInput(value, momentOf(value)[method](span));
}

function differenceTo(value, other, units) {
  const moment = momentOf(other);
  if (!moment.isValid) throw new Failure("diffTo() needs a date to compare with.");
  const list = [units].flat();
  const found = momentOf(value).diff(moment, list).toObject();
  const plural = (unit) => (unit.endsWith("s") ? unit : `${unit}s`);
  return Array.isArray(units) ? found : found[plural(units)];
}

function isBetween(value, ...ends) {
  if (ends.length !== 2) throw new Failure("isBetween() needs exactly two dates.");
  const [first, second] = ends.map(momentOf);
  if (!first.isValid || !second.isValid) return undefined;
  const time = momentOf(value).toMillis();
  return time > Math.min(first, second) && time < Math.max(first, second);
}

const startOf = (value, unit = "week", options = undefined) => likeInput(value, momentOf(value).startOf(unit, options));
const toMilliseconds = (value) => momentOf(value).toMillis();

const DATE_METHODS = {
  beginningOf: startOf,
  diffTo: (value, other, units = "days") => differenceTo(value, other, units),
  diffToNow: (value, units = "days") => differenceTo(value, DateTime.fromMillis(clock.now), units),
  endOfMonth: (value) => likeInput(value, momentOf(value).endOf("month")),
  extract: (value, part = "week") => momentOf(value)[EXTRACTED[part] ?? part] ?? null,
  format: (value, format = "yyyy-MM-dd", options = undefined) => momentOf(value).toFormat(format, options),
  isBetween,
  isDst: (value) => momentOf(value).isInDST,
  isEmpty: () => false,
  isInLast: (value, amount = 0, unit = "minutes") => {
    const moment = momentOf(value);
    const now = DateTime.fromMillis(clock.now);
    return moment >= now.minus({ [unit]: amount }) && moment <= now;
  },
  isNotEmpty: () => true,
  isWeekend: (value) => momentOf(value).weekday >= 6,
  minus: (value, amount, unit) => shift(value, amount, unit, "minus"),
  plus: (value, amount, unit) => shift(value, amount, unit, "plus"),
  toDateTime: (value) => momentOf(value),
  toFloat: toMilliseconds,
  toInt: toMilliseconds,
  toNumber: toMilliseconds,
};

extendType(OriginalDate, DATE_METHODS);
extendType(DateTime, DATE_METHODS);
