// Extensions of numbers and booleans.

function numberToDateTime(number, unit = "ms") {
  if (unit === "s") return DateTime.fromSeconds(number);
  if (unit === "us") return DateTime.fromMillis(Math.floor(number / 1000));
  if (unit === "excel") return DateTime.fromMillis((number - 25569) * 86400000); // days since 30 December 1899
  if (unit === "ms") return DateTime.fromMillis(number);
  throw new Failure(`"${unit}" is no unit of toDateTime(): use "ms", "s", "us" or "excel".`);
}

function requireInteger(number, name) {
  if (!Number.isInteger(number.valueOf())) throw new Failure(`${name}() can be called on whole numbers only.`);
  return Math.abs(number % 2);
}

// By its decimal digits, so that 1.005 becomes 1.01; numbers that are written with an exponent are rounded as they are.
function roundTo(number, digits = 0) {
  if (/e/.test(`${number}`)) return Number(number.toFixed(digits));
  return Number(`${Math.round(Number(`${number}e${digits}`))}e${-digits}`);
}

extendType(Number, {
  abs: (number) => Math.abs(number),
  ceil: (number) => Math.ceil(number),
  floor: (number) => Math.floor(number),
  round: roundTo,
  format: (number, locale = "en-US", options = undefined) => new Intl.NumberFormat(locale, options).format(number),
  isEmpty: () => false,
  isNotEmpty: () => true,
  isInteger: (number) => Number.isInteger(number),
  isEven: (number) => requireInteger(number, "isEven") === 0,
  isOdd: (number) => requireInteger(number, "isOdd") === 1,
  toBoolean: (number) => number !== 0,
  toDateTime: numberToDateTime,
  toFloat: (number) => number,
  toInt: (number) => Math.trunc(number),
  toNumber: (number) => number,
});

extendType(Boolean, {
  isEmpty: () => false,
  isNotEmpty: () => true,
  toBoolean: (flag) => flag,
  toFloat: (flag) => Number(flag),
  toInt: (flag) => Number(flag),
  toNumber: (flag) => Number(flag),
});
