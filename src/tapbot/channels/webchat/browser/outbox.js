// Sending: each message keeps its id, so that a second try cannot double it; what is unsent outlives the page.

import { asAttachment, upload } from "./files.js";
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
  if (content.blobs) message.attachments = content.blobs.map(asAttachment);
  queue.push({ id: message.id, ...content, label, created_at: message.created_at });
  keep();
  add(message);
  showTyping();
  toEnd();
  flush();
}
function keep() { // a file that is not uploaded yet cannot outlive the page
  storage.write("queue", JSON.stringify(queue.filter(({ blobs }) => !blobs)));
}
function makeId() { // crypto.randomUUID is missing on plain http
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let flushing = false;
export async function flush() {
  if (flushing) return;
  flushing = true;
  for (let tries = 0; queue.length; ) {
    const [first] = queue;
    const outcome = (await uploadFirst(first)) ?? (await sendOnce(() => ask("/messages", { method: "POST", body: bodyOf(first) })));
    const { id } = first;
    if (outcome.done) {
      queue.shift();
      keep();
      mark(id, outcome.problem ? "failed" : "sent", outcome.problem);
      tries = 0;
    } else {
      tries += 1;
      await pause(outcome.waitMs ?? Math.min(20_000, 600 * 2 ** tries));
    }
  }
  flushing = false;
}
const bodyOf = ({ id, text, value, files }) => JSON.stringify(value === undefined ? { id, text, files } : { id, value });

/** Upload what a message still holds; gives why it cannot be sent now, or nothing. */
async function uploadFirst(message) {
  message.files ??= [];
  while (message.blobs?.length) {
    let taken;
    const outcome = await sendOnce(async () => {
      const reply = await upload(message.blobs[0]);
      if (reply.ok) taken = (await reply.clone().json()).id;
      return reply;
    });
    if (!taken) return outcome;
    message.files.push(taken);
    message.blobs.shift();
  }
  if (message.blobs) {
    delete message.blobs;
    keep();
  }
  return undefined;
}
async function sendOnce(call) {
  try {
    await ensureToken();
    const reply = await call();
    if (reply.ok) { setState("online"); return { done: true }; } // the stream may have outlived a short break
    if (reply.status === 401) { forgetToken(); return { waitMs: 200 }; }
    if (reply.status === 403) { forgetToken(); return {}; }
    if (reply.status === 429) return { waitMs: 1000 * (Number(reply.headers.get("Retry-After")) || 2) };
    if (reply.status >= 500 || reply.status === 408) return {};
    hideTyping();
    return { done: true, problem: reply.status === 413 ? say(reply.url.endsWith("/files") ? "largeFile" : "tooLong") : say("failed") };
  } catch {
    setState("offline");
    return {};
  }
}
