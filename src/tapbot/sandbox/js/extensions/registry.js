// Extensions: methods that n8n adds to values. Each has a symbol, so that no plain property is shadowed or added:
// the compiler writes `x.name(` as `x[$$extend.name](`.

const EXTENSIONS = Object.create(null);

// Our own method of a value wins over ours for its type: `$input.first()`, `Math.min()`, `duration.plus()`.
function callNative(value, name, args, otherwise) {
  const native = value[name];
  if (typeof native === "function") return native.apply(value, args);
  if (otherwise !== undefined) return otherwise(value, ...args);
  throw new TypeError(`${name} is not a function`);
}

// `methods` are functions of the value and the arguments; an error of ours in them fails the evaluation.
function extendType(type, methods) {
  for (const [name, method] of Object.entries(methods)) {
    EXTENSIONS[name] ??= Symbol(name);
    Object.defineProperty(type.prototype, EXTENSIONS[name], {
      value(...args) {
        return type === Object ? callNative(this, name, args, method) : method(this, ...args);
      },
      configurable: true,
    });
  }
}

// Every name must be callable on any value, as the compiler does not know types.
function finishExtensions() {
  for (const name of Object.keys(EXTENSIONS)) {
    if (Object.hasOwn(Object.prototype, EXTENSIONS[name])) continue;
    Object.defineProperty(Object.prototype, EXTENSIONS[name], {
      value(...args) {
        return callNative(this, name, args);
      },
    });
  }
  EXTENSIONS.lazyIf = (condition, then, otherwise) => (condition() ? then?.() : otherwise === undefined ? false : otherwise());
}

function isSame(left, right) {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (left instanceof Date || right instanceof Date) return Number(left) === Number(right);
  const keys = Object.keys(left);
  return Array.isArray(left) === Array.isArray(right) && keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]));
}

function isNothing(value) {
  return value === null || value === undefined || value === "";
}

function withoutNothing(value) {
  if (Array.isArray(value)) return value.filter((part) => !isNothing(part)).map(withoutNothing);
  if (typeof value !== "object" || value === null || value instanceof Date || DateTime.isDateTime(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => !isNothing(part)).map(([key, part]) => [key, withoutNothing(part)]));
}
