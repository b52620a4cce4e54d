// Extensions of strings.

const URL_PATTERN = /(?:https?|ftp):\/\/(?!\/)(?:[^\s@/]+@)?[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*(?::\d{2,5})?(?:[/?#][^\s]*)?/iu;
const DOMAIN_PATTERN = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,}$/u;
const EMAIL_PATTERN = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u;
const SHORT_DATE = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/;

function wordsOf(text) {
  return text.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").split(/[\s_-]+/).filter(Boolean);
}

function firstUpper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SHORT_WORDS = new Set("a an and as at but by en for if in nor of on or per the to v v. vs vs. via".split(" "));

// Short conjunctions and prepositions stay small, except at both ends.
function titleOf(text) {
  const words = text.toLowerCase().split(/(\s+)/);
  const solid = words.flatMap((word, i) => (/\S/.test(word) ? [i] : []));
  return words.map((word, i) => (SHORT_WORDS.has(word) && i !== solid[0] && i !== solid.at(-1) ? word : firstUpper(word))).join("");
}

function parseMoment(text) {
  for (const parse of ["fromISO", "fromRFC2822", "fromHTTP", "fromSQL"]) {
    const moment = DateTime[parse](text);
    if (moment.isValid) return moment;
  }
  const short = SHORT_DATE.exec(text.trim()); // QuickJS's Date does not read this form
  const milliseconds = OriginalDate.parse(short === null ? text : `${short[1]} ${short[2]} ${short[3]}`);
  return DateTime.fromMillis(Number.isNaN(milliseconds) ? NaN : milliseconds);
}

function textToDateTime(text, format) {
  let moment;
  try {
    if (format === undefined) moment = parseMoment(text);
    else if (["s", "ms", "us", "excel"].includes(format)) return numberToDateTime(Number(text), format);
    else moment = DateTime.fromFormat(text, format);
  } catch {
    moment = undefined;
  }
  if (moment === undefined || !moment.isValid) throw new Failure(`"${text}" cannot be read as a date and time.`);
  return moment;
}

function textToDate(text) {
  const date = new OriginalDate(text.toString());
  const written = /^(\d{4})-(\d{2})-(\d{2})/.exec(text);
  const rolled = written !== null && Number(written[3]) > new OriginalDate(OriginalDate.UTC(Number(written[1]), Number(written[2]), 0)).getUTCDate();
  if (Number.isNaN(date.getTime()) || rolled) throw new Failure(`"${text}" cannot be read as a date.`);
  return date;
}

function textToNumber(text) {
  const number = Number(text);
  if (text.trim() === "" || Number.isNaN(number)) throw new Failure(`"${text}" cannot be read as a number.`);
  return number;
}

function domainOf(text) {
  const found = text.trim();
  const url = /^(?:[a-z][\w+.-]*:)?\/\/(?:[^@/\s]*@)?([^/:?#\s]+)/i.exec(found);
  if (url !== null) return url[1];
  const host = /^[^\s@]+@([^\s@/]+)$/.exec(found)?.[1] ?? found.split(/[/:?#]/)[0];
  return DOMAIN_PATTERN.test(host) ? host : undefined;
}

function pathOf(text) {
  const url = /^[a-z][\w+.-]*:\/\/[^/?#\s]+([^?#\s]*)/i.exec(text.trim());
  return url === null ? undefined : url[1] || "/";
}

function utf8Bytes(text) {
  return encodeURIComponent(text.toWellFormed()).replace(/%([0-9A-F]{2})|[^]/g, (char, hex) => (hex === undefined ? char : String.fromCharCode(parseInt(hex, 16))));
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function encodeBase64(text) {
  const bytes = utf8Bytes(text);
  const parts = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes.charCodeAt(at) << 16) | ((bytes.charCodeAt(at + 1) || 0) << 8) | (bytes.charCodeAt(at + 2) || 0);
    const letters = [18, 12, 6, 0].map((shift) => BASE64[(group >> shift) & 63]);
    parts.push(letters.slice(0, Math.min(4, bytes.length - at + 1)).join("").padEnd(4, "="));
  }
  return parts.join("");
}

function decodeBase64(text) {
  const bits = [...text.replace(/-/g, "+").replace(/_/g, "/").replace(/[^A-Za-z0-9+/]/g, "")].map((char) => BASE64.indexOf(char));
  const bytes = [];
  for (let at = 0; at < bits.length; at += 4) {
    const group = (bits[at] << 18) | ((bits[at + 1] ?? 0) << 12) | ((bits[at + 2] ?? 0) << 6) | (bits[at + 3] ?? 0);
    bytes.push(...[16, 8, 0].slice(0, Math.min(4, bits.length - at) - 1).map((shift) => (group >> shift) & 255));
  }
  try {
    return decodeURIComponent(bytes.map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
  } catch {
    return String.fromCharCode(...bytes);
  }
}

function parseJsonText(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(`The text is no JSON: ${error.message}.`);
  }
}

function encodeUrlFully(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

const toFloatText = (text) => parseFloat(text);
const toIntText = (text, radix) => parseInt(text, radix ?? 10);

extendType(String, {
  isEmpty: (text) => text === "",
  isNotEmpty: (text) => text !== "",
  length: (text) => text.length,
  hash: (text, algorithm = "md5") => (algorithm.toLowerCase() === "base64" ? encodeBase64(text) : hashBytes(utf8Bytes(text), algorithm.toLowerCase().replace("-", ""))),
  urlEncode: (text, everything = false) => (everything ? encodeURI(text) : encodeURIComponent(text)),
  urlDecode: (text, everything = false) => (everything ? decodeURI(text) : decodeURIComponent(text)),
  removeTags: (text) => text.replace(/<[^>]*>?/g, ""),
  removeMarkdown: (text) => text.replace(/^#{1,6}\s+|^>\s?|^\s*[-*+]\s+/gm, "").replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/(\*\*|__|\*|_|~~|`{1,3})(.*?)\1/g, "$2"),
  toDate: textToDate,
  toDateTime: textToDateTime,
  toFloat: toFloatText,
  toDecimalNumber: toFloatText,
  toInt: toIntText,
  toWholeNumber: toIntText,
  toNumber: textToNumber,
  toBoolean: (text) => !["false", "no", "0", ""].includes(text.toLowerCase()),
  quote: (text, mark = '"') => mark + text.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`) + mark,
  isNumeric: (text) => text.trim() !== "" && !/\s/.test(text) && !Number.isNaN(Number(text)),
  isUrl: (text) => new RegExp(`^${URL_PATTERN.source}$`, "iu").test(text) && !/\s/.test(text),
  isDomain: (text) => DOMAIN_PATTERN.test(text),
  isEmail: (text) => new RegExp(`^${EMAIL_PATTERN.source}$`, "u").test(text),
  toSnakeCase: (text) => wordsOf(text).map((word) => word.toLowerCase()).join("_"),
  toTitleCase: titleOf,
  toSentenceCase: (text) => text.toLowerCase().replace(/(^|[.!?]\s+)(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase()),
  replaceSpecialChars: (text) => text.normalize("NFD").replace(/\p{M}/gu, ""),
  extractUrl: (text) => URL_PATTERN.exec(text)?.[0],
  extractDomain: domainOf,
  extractEmail: (text) => EMAIL_PATTERN.exec(text)?.[0],
  extractUrlPath: pathOf,
  parseJson: parseJsonText,
  toJsonString: (text) => JSON.stringify(String(text)),
  base64Encode: encodeBase64,
  base64Decode: decodeBase64,
});
