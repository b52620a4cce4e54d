// Sending: each message keeps its id, so that a second try cannot double it; what is unsent outlives the page.

import { setState } from "./head.js";
import { pause, storage } from "./kept.js";
import { ask, ensureToken, forgetToken } from "./server.js";
import { add, hideTyping, mark, remember, showTyping, toEnd } from "./thread.js";
import { say } from "./words.js";

const queue = readQueue();
function readQueue() {
  try { return JSON.parse(storage.read("queue") ?? "[]"); } catch { return []; }
}

/** Whether a message is not sent yet. */
export const isWaiting = (id) => queue.some((waiting) => waiting.id === id);

/** Put what an earlier visit left unsent back into the thread. */
export function restore() {
  for (const waiting of queue) remember({ ...waiting, text: waiting.label, author: "contact", local: true, status: "waiting" });
}

export function post(content, label) {
  const message = { id: crypto.randomUUID?.() ?? makeId(), author: "contact", text: label, value: content.value, created_at: new Date().toISOString(), local: true, status: "waiting" };
  queue.push({ id: message.id, ...content, label, created_at: message.created_at });
  storage.write("queue", JSON.stringify(queue));
  add(message);
  showTyping();
  toEnd();
  flush();
}
function makeId() { // crypto.randomUUID is missing on plain http
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let flushing = false;
export async function flush() {
  if (flushing) return;
  flushing = true;
  for (let tries = 0; queue.length; ) {
    const { id, text, value } = queue[0];
    const outcome = await sendOnce(JSON.stringify(value === undefined ? { id, text } : { id, value }));
    if (outcome.done) {
      queue.shift();
      storage.write("queue", JSON.stringify(queue));
      mark(id, outcome.problem ? "failed" : "sent", outcome.problem);
      tries = 0;
    } else {
      tries += 1;
      await pause(outcome.waitMs ?? Math.min(20_000, 600 * 2 ** tries));
    }
  }
  flushing = false;
}
async function sendOnce(body) {
  try {
    await ensureToken();
    const reply = await ask("/messages", { method: "POST", body });
    if (reply.ok) return { done: true };
    if (reply.status === 401) { forgetToken(); return { waitMs: 200 }; }
    if (reply.status === 403) { forgetToken(); return {}; }
    if (reply.status === 429) return { waitMs: 1000 * (Number(reply.headers.get("Retry-After")) || 2) };
    if (reply.status >= 500 || reply.status === 408) return {};
    hideTyping();
    return { done: true, problem: reply.status === 413 ? say("tooLong") : say("failed") };
  } catch {
    setState("offline");
    return {};
  }
}
