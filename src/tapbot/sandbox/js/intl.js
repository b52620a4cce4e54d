// Intl for kk, ru and en from CLDR data: all of Intl in QuickJS, which has none; Kazakh alone in V8, whose data lacks it.

const languages = JSON.parse(cldrText);
const nativeIntl = globalThis.Intl;
const FORMAT_FIELDS = "era year month weekday day hour minute second timeZoneName fractionalSecondDigits dayPeriod".split(" ");
const PART_TYPES = {
  G: "era", y: "year", M: "month", L: "month", d: "day", E: "weekday", c: "weekday", a: "dayPeriod", h: "hour", H: "hour",
  m: "minute", s: "second", S: "fractionalSecond", z: "timeZoneName", v: "timeZoneName",
};

function languageOf(locales) {
  const tag = Array.isArray(locales) ? locales[0] : locales;
  const language = String(tag ?? "en").split(/[-_]/)[0].toLowerCase();
  return Object.hasOwn(languages, language) ? language : "en";
}

function resolvedLocale(locales) {
  const language = languageOf(locales);
  const tag = String((Array.isArray(locales) ? locales[0] : locales) ?? "en-US").split("-u-")[0];
  return tag.toLowerCase().startsWith(language) ? tag : "en-US";
}

function nameOfWidth(table, count, index) {
  const width = count === 4 ? "wide" : count === 5 ? "narrow" : "abbreviated";
  return table[width][index];
}

function padded(number, width) {
  return String(number).padStart(width, "0");
}

// The moment's calendar fields in a zone, read off a UTC date that is shifted by the zone's offset.
function calendarFields(time, offsetMinutes) {
  const shifted = new OriginalDate(time + offsetMinutes * 60000);
  return {
    year: shifted.getUTCFullYear(), month: shifted.getUTCMonth(), day: shifted.getUTCDate(),
    weekday: (shifted.getUTCDay() + 6) % 7, // Monday is 0, as in CLDR
    hour: shifted.getUTCHours(), minute: shifted.getUTCMinutes(), second: shifted.getUTCSeconds(),
    millisecond: shifted.getUTCMilliseconds(),
  };
}

function fieldText(letter, count, fields, data, zoneText) {
  const hour12 = fields.hour % 12 === 0 ? 12 : fields.hour % 12;
  switch (letter) {
    case "G": return nameOfWidth(data.eras, count, fields.year > 0 ? 1 : 0);
    case "y": return count === 2 ? padded(Math.abs(fields.year) % 100, 2) : String(fields.year > 0 ? fields.year : 1 - fields.year);
    case "M": return count < 3 ? padded(fields.month + 1, count) : nameOfWidth(data.months.format, count, fields.month);
    case "L": return count < 3 ? padded(fields.month + 1, count) : nameOfWidth(data.months["stand-alone"], count, fields.month);
    case "d": return padded(fields.day, count);
    case "E": return nameOfWidth(data.days.format, count, fields.weekday);
    case "c": return nameOfWidth(data.days["stand-alone"], count, fields.weekday);
    case "a": return data.day_periods[fields.hour < 12 ? 0 : 1];
    case "h": return padded(hour12, count);
    case "H": return padded(fields.hour, count);
    case "m": return padded(fields.minute, count);
    case "s": return padded(fields.second, count);
    case "S": return padded(fields.millisecond, 3).slice(0, count);
    default: return zoneText(count === 4);
  }
}

// The pattern's fields and texts, for example [["d", 1], " ", ["M", 4]].
function parsePattern(pattern) {
  const parsed = [];
  const finder = /'([^']*)'|([a-zA-Z])\2*|[^a-zA-Z']+/g;
  for (const [found, quoted, letter] of pattern.matchAll(finder)) {
    if (letter !== undefined && PART_TYPES[letter] !== undefined) parsed.push([letter, found.length]);
    else parsed.push(quoted === undefined ? found : quoted === "" ? "'" : quoted);
  }
  return parsed;
}

const NAME_WIDTH = { short: 3, long: 4, narrow: 5 };

function dateSkeleton(options) {
  const month = options.month === undefined ? "" : "M".repeat(NAME_WIDTH[options.month] ?? 1);
  return [options.era && "G", options.year && "y", month, options.weekday && "E", options.day && "d"].filter(Boolean).join("");
}

function timeSkeleton(options, hour) {
  return [options.hour && hour, options.minute && "m", options.second && "s"].filter(Boolean).join("");
}

function findPattern(skeletons, skeleton) {
  const tries = [skeleton, skeleton.replace(/M{4,5}/, "MMM"), skeleton.replace(/M+/, "M"), skeleton.replace("G", "")];
  for (const name of tries) if (Object.hasOwn(skeletons, name)) return skeletons[name];
  const letters = [...new Set(skeleton)]; // no pattern of the whole: its fields one after the other
  return letters.map((letter) => skeletons[letter.repeat(letter === "M" ? skeleton.split("M").length - 1 : 1)] ?? letter).join(" ");
}

// Gives the pattern's fields the widths that the options ask for.
function widen(pattern, options) {
  return pattern.replace(/'[^']*'|([a-zA-Z])\1*/g, (found, letter) => {
    const type = PART_TYPES[letter];
    const wanted = options[type];
    if (type === undefined || wanted === undefined) return found;
    if (wanted === "2-digit") return letter.repeat(2);
    if (type === "month" && wanted === "numeric") return found.length > 2 ? letter : found;
    return NAME_WIDTH[wanted] === undefined ? found : letter.repeat(NAME_WIDTH[wanted]);
  });
}

function hourLetter(data, options) {
  if (options.hour12 !== undefined) return options.hour12 ? "h" : "H";
  if (options.hourCycle !== undefined) return options.hourCycle.startsWith("h1") ? "h" : "H";
  return data.hour;
}

function patternFor(data, options) {
  const hour = hourLetter(data, options);
  let date = "";
  let time = "";
  if (options.dateStyle !== undefined) date = data.date[options.dateStyle];
  if (options.timeStyle !== undefined) time = data.time[options.timeStyle].replace(/H/g, (letter) => (hour === "h" ? "h" : letter));
  if (date === "" && time === "") {
    const dateKey = dateSkeleton(options);
    const timeKey = timeSkeleton(options, hour);
    if (dateKey !== "") date = widen(findPattern(data.skeletons, dateKey), options);
    if (timeKey !== "") time = widen(findPattern(data.skeletons, timeKey), { ...options, minute: timeKey.length > 1 ? undefined : options.minute });
    if (options.fractionalSecondDigits) time = time.replace(/s+/, `$&.${"S".repeat(options.fractionalSecondDigits)}`);
    if (options.timeZoneName) time += `${time === "" && date === "" ? "" : " "}${options.timeZoneName.startsWith("long") ? "zzzz" : "z"}`;
  }
  if (date === "" || time === "") return date + time;
  return data.date_time[options.dateStyle ?? "medium"].replace("{1}", date).replace("{0}", time);
}

function withDefaultFields(options, defaults) {
  const asked = options.dateStyle !== undefined || options.timeStyle !== undefined || FORMAT_FIELDS.some((field) => options[field] !== undefined);
  return asked ? options : { ...options, ...defaults };
}

const DATE_FIELDS = { year: "numeric", month: "numeric", day: "numeric" };
const TIME_FIELDS = { hour: "numeric", minute: "numeric", second: "numeric" };

class DateTimeFormat {
  #data;
  #options;
  #parsed;
  #locale;
  constructor(locales, options = {}) {
    this.#locale = resolvedLocale(locales);
    this.#data = languages[languageOf(locales)];
    this.#options = withDefaultFields({ ...options }, DATE_FIELDS);
    this.#parsed = parsePattern(patternFor(this.#data, this.#options));
    Object.freeze(this); // luxon caches it: nobody may mark it
  }
  formatToParts(date = clock.now) {
    const time = Number(date);
    if (Number.isNaN(time)) throw new RangeError("Invalid time value");
    const zone = this.#options.timeZone ?? "UTC";
    const fields = calendarFields(time, zoneOffsetAt(zone, time));
    const zoneText = (long) => zoneNameAt(zone, time, long, this.#locale);
    return this.#parsed.map((part) =>
      typeof part === "string"
        ? { type: "literal", value: part }
        : { type: PART_TYPES[part[0]], value: fieldText(part[0], part[1], fields, this.#data, zoneText) });
  }
  format(date) {
    return this.formatToParts(date).map((part) => part.value).join("");
  }
  resolvedOptions() {
    return { locale: this.#locale, calendar: "gregory", numberingSystem: "latn", timeZone: this.#options.timeZone ?? "UTC" };
  }
}

function pluralForm(language, number) {
  const whole = Math.abs(number);
  if (language === "kk") return whole === 1 ? "one" : "other";
  if (!Number.isInteger(whole)) return "other";
  if (language === "en") return whole === 1 ? "one" : "other";
  const [last, lastTwo] = [whole % 10, whole % 100];
  if (last === 1 && lastTwo !== 11) return "one";
  return last >= 2 && last <= 4 && (lastTwo < 12 || lastTwo > 14) ? "few" : "many";
}

class NumberFormat {
  #language;
  #locale;
  #options;
  constructor(locales, options = {}) {
    this.#language = languageOf(locales);
    this.#locale = resolvedLocale(locales);
    const money = options.style === "currency";
    const least = options.minimumFractionDigits ?? (money ? Math.min(2, options.maximumFractionDigits ?? 2) : 0);
    const most = Math.max(least, options.maximumFractionDigits ?? (money ? 2 : options.style === "percent" ? 0 : 3));
    this.#options = { ...options, minimumFractionDigits: least, maximumFractionDigits: most };
    Object.freeze(this);
  }
  #digits(number) {
    const { minimumFractionDigits: least, maximumFractionDigits: most, minimumIntegerDigits = 1, useGrouping = true } = this.#options;
    const { decimal, group } = languages[this.#language].symbols;
    const significant = this.#options.maximumSignificantDigits;
    const rounded = significant === undefined ? number.toFixed(most) : String(Number(number.toPrecision(significant)));
    let [whole, fraction = ""] = rounded.split(".");
    while (fraction.length > least && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
    whole = whole.padStart(minimumIntegerDigits, "0");
    if (useGrouping !== false && useGrouping !== "false") whole = whole.replace(/\B(?=(\d{3})+$)/g, group);
    return fraction === "" ? whole : `${whole}${decimal}${fraction}`;
  }
  format(value) {
    const number = Number(value);
    const data = languages[this.#language];
    const { style, currency, unit, unitDisplay } = this.#options;
    if (Number.isNaN(number)) return "NaN";
    const scaled = Math.abs(style === "percent" ? number * 100 : number);
    const digits = scaled === Infinity ? "∞" : this.#digits(scaled);
    const sign = number < 0 && /[1-9∞]/.test(digits) ? data.symbols.minus : "";
    if (style === "unit") return sign + (data.units[unit]?.[unitDisplay === "long" ? "long" : "short"][pluralForm(this.#language, scaled)] ?? `{0} ${unit}`).replace("{0}", digits);
    if (style === "percent") return sign + data.percent.replace("#,##0", digits);
    if (style !== "currency") return sign + digits;
    const symbol = this.#options.currencyDisplay === "code" ? currency : (data.currencies[currency] ?? currency);
    return sign + data.currency.replace("#,##0.00", digits).replace("¤", symbol);
  }
  formatToParts(value) {
    return [{ type: "literal", value: this.format(value) }];
  }
  resolvedOptions() {
    return { ...this.#options, locale: this.#locale, numberingSystem: "latn" };
  }
}

class PluralRules {
  #language;
  constructor(locales) {
    this.#language = languageOf(locales);
    Object.freeze(this);
  }
  select(number) {
    return pluralForm(this.#language, Number(number));
  }
  resolvedOptions() {
    return { locale: this.#language };
  }
}

class RelativeTimeFormat {
  #language;
  #options;
  constructor(locales, options = {}) {
    this.#language = languageOf(locales);
    this.#options = { numeric: "always", style: "long", ...options };
    Object.freeze(this);
  }
  format(value, unit) {
    const data = languages[this.#language];
    const name = unit.replace(/s$/, "");
    if (this.#options.numeric === "auto" && name === "day" && Math.abs(value) <= 1) return data.day_words[value + 1];
    const forms = data.relative[name][this.#options.style === "long" ? "long" : this.#options.style];
    const when = value < 0 || Object.is(value, -0) ? forms.past : forms.future;
    const amount = Math.abs(value);
    const pattern = when[pluralForm(this.#language, amount)] ?? when.other;
    return pattern.replace("{0}", new NumberFormat(this.#language).format(amount));
  }
  resolvedOptions() {
    return { locale: this.#language, ...this.#options };
  }
}

class ListFormat {
  #list;
  constructor(locales, { style = "long" } = {}) {
    this.#list = languages[languageOf(locales)].list[style];
    Object.freeze(this);
  }
  format(values) {
    const parts = [...values].map(String);
    const join = (pattern, left, right) => pattern.replace("{0}", () => left).replace("{1}", () => right);
    if (parts.length === 2) return join(this.#list["2"], parts[0], parts[1]);
    if (parts.length < 2) return parts.join("");
    let text = join(this.#list.end, parts.at(-2), parts.at(-1));
    for (let i = parts.length - 3; i > 0; i--) text = join(this.#list.middle, parts[i], text);
    return join(this.#list.start, parts[0], text);
  }
}

const INTL_CLASSES = { DateTimeFormat, NumberFormat, PluralRules, RelativeTimeFormat, ListFormat };

// Whether our data is to be used: always without a native Intl, else for a language that it does not know.
function isOurs(locales) {
  if (nativeIntl === undefined) return true;
  const tag = Array.isArray(locales) ? locales[0] : locales;
  return typeof tag === "string" && Object.hasOwn(languages, languageOf(tag)) && tag.toLowerCase().startsWith("kk");
}

function installIntl() {
  const target = nativeIntl ?? {};
  for (const [name, Ours] of Object.entries(INTL_CLASSES)) {
    const Native = nativeIntl?.[name];
    const chosen = function (locales, options) {
      return Native === undefined || isOurs(locales) ? new Ours(locales, options) : new Native(locales, options);
    };
    Object.defineProperty(chosen, "name", { value: name });
    chosen.prototype = (Native ?? Ours).prototype;
    chosen.supportedLocalesOf = (locales) => [locales].flat().filter((tag) => isOurs(tag) ? Object.hasOwn(languages, String(tag).split("-")[0]) : Native?.supportedLocalesOf(tag).length > 0);
    Object.defineProperty(target, name, { value: chosen, writable: true, configurable: true });
  }
  globalThis.Intl = target;
  installLocaleMethods(Number.prototype, { toLocaleString: (number, locales, options) => new NumberFormat(locales, options).format(number) });
  const dateText = (defaults) => (date, locales, options = {}) =>
    Number.isNaN(date.getTime()) ? "Invalid Date" : new DateTimeFormat(locales, withDefaultFields({ ...options }, defaults)).format(date);
  installLocaleMethods(OriginalDate.prototype, {
    toLocaleString: dateText({ ...DATE_FIELDS, ...TIME_FIELDS }),
    toLocaleDateString: dateText(DATE_FIELDS),
    toLocaleTimeString: dateText(TIME_FIELDS),
  });
}

function installLocaleMethods(prototype, methods) {
  for (const [name, ours] of Object.entries(methods)) {
    const native = prototype[name];
    const method = function (locales, options) {
      return isOurs(locales) ? ours(this, locales, options) : native.call(this, locales, options);
    };
    Object.defineProperty(prototype, name, { value: method, writable: true, configurable: true });
  }
}
