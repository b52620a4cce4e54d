// Functions that n8n's expressions have beside the names of data.js, and the end of the extensions.

function extendedCall(value, name, args) {
  if (REFUSED.has(name)) refuse(name);
  if (!Object.hasOwn(EXTENSIONS, name)) throw new Failure(`There is no extension method "${name}".`);
  return value[EXTENSIONS[name]](...args);
}

const EXTENSION_FUNCTIONS = {
  average,
  max: (...numbers) => Math.max(...numbers),
  min: (...numbers) => Math.min(...numbers),
  not: (value) => !value,
  numberList,
  zip,
  extend: (value, name, args = []) => extendedCall(value, name, args),
  extendOptional: (value, name) => {
    if (REFUSED.has(name)) refuse(name);
    return value === undefined || value === null ? undefined : (...args) => extendedCall(value, name, args);
  },
};

function installExtensions() {
  finishExtensions();
  for (const [name, value] of Object.entries(EXTENSION_FUNCTIONS)) Object.defineProperty(globalThis, name, { value, enumerable: true });
}
