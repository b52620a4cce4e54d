// Extensions: methods that n8n adds to values. Each has a symbol, so that no plain property is shadowed or added.

const EXTENSIONS = Object.create(null);
