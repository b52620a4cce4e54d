/** Measures what a browser fetches before the first page is drawn, and fails above the budget. Run after the build. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const BUDGET_BYTES = 250_000;
// The overview is the first page; its chunk and one language come on top of what index.html names.
const FIRST_PAGE = [/^OverviewRoom-.*\.js$/, /^ru-.*\.js$/];

const read = (name) => readFileSync(join(DIST, "assets", name), "utf8");
const names = readdirSync(join(DIST, "assets"));
const html = readFileSync(join(DIST, "index.html"), "utf8");
const seen = new Set();

function follow(name) {
  if (seen.has(name)) return;
  seen.add(name);
  for (const [, imported] of read(name).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) follow(imported);
}

for (const [, name] of html.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)) follow(name);
const entryBytes = sum();
for (const pattern of FIRST_PAGE) names.filter((name) => pattern.test(name)).forEach(follow);
const firstPageBytes = sum();

function sum() {
  return [...seen].reduce((total, name) => total + gzipSync(read(name)).length, 0);
}

const allBytes = names.filter((name) => name.endsWith(".js")).reduce((total, name) => total + gzipSync(read(name)).length, 0);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB gzip`;
process.stdout.write(`entry: ${kilobytes(entryBytes)}\nfirst page: ${kilobytes(firstPageBytes)} of ${kilobytes(BUDGET_BYTES)}\nall JavaScript: ${kilobytes(allBytes)}\n`);
if (firstPageBytes > BUDGET_BYTES) {
  process.stderr.write("The first page is over its budget: split a room off, or drop a library.\n");
  process.exit(1);
}
