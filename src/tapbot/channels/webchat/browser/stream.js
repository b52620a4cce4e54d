// The live connection: it opens again after every break, reads the history anew, and notices silence.

import { setState } from "./head.js";
import { pause } from "./kept.js";
import { flush, isWaiting } from "./outbox.js";
import { ask, ensureToken, forgetToken, onForgotten } from "./server.js";
import { receive, showTyping, takeHistory } from "./thread.js";

const SILENCE_MS = 45_000; // the server pings every 15 s
let stream = null;
onForgotten(() => stream?.abort()); // it belongs to the forgotten chat

export async function stayConnected() {
  for (let tries = 0; ; tries += 1) {
    try {
      await ensureToken();
      await listen(() => { tries = 0; });
    } catch { /* shown by the state; the next try follows */ }
    setState(navigator.onLine && tries < 2 ? "connecting" : "offline");
    await wakeable(Math.min(30_000, 500 * 2 ** tries) * (0.7 + Math.random() * 0.6));
  }
}

let endPause = () => {};
/** Try at once, for instance when the network is back. */
export function wake() {
  endPause();
}
function wakeable(ms) {
  return Promise.race([pause(ms), new Promise((done) => { endPause = done; })]);
}

async function listen(onOpen) {
  const stop = new AbortController();
  stream = stop;
  let watchdog = setTimeout(() => stop.abort(), SILENCE_MS);
  try {
    const reply = await ask("/events", { headers: { Accept: "text/event-stream" }, signal: stop.signal });
    if (reply.status === 401 || reply.status === 403) forgetToken();
    if (!reply.ok || !reply.body) throw new Error(`events ${reply.status}`);
    await loadHistory(); // after the stream is open, so that nothing falls between the two
    onOpen();
    setState("online");
    flush();
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stop.abort(), SILENCE_MS);
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop();
      blocks.forEach(readEvent);
    }
  } finally {
    clearTimeout(watchdog);
    stop.abort();
  }
}

function readEvent(block) {
  let kind = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) kind = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (kind === "typing") return showTyping();
  if (kind !== "message" || !data.length) return undefined;
  try { return receive(JSON.parse(data.join("\n"))); } catch { return undefined; }
}

async function loadHistory() {
  const reply = await ask("/messages");
  if (!reply.ok) return; // live events still come
  const { messages: known = [] } = await reply.json();
  takeHistory(known, isWaiting);
}
