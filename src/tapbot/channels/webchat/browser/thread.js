// The conversation: which messages there are, in which order they stand, and what of them is in sight.

import { dayOf, draw, element } from "./bubbles.js";
import { noteUnread } from "./frame.js";
import { at } from "./kept.js";
import { say } from "./words.js";

const TYPING_MS = 25_000;
const MATCH_MS = 600_000;
const messages = new Map(); // id → {id, author, text, buttons, created_at, local?, status?}
let whenChosen = () => {};

/** Call this with the value and label of a pressed button. */
export function onChoice(answer) {
  whenChosen = answer;
}
const choose = (value, label) => whenChosen(value, label);

/** Remember a message of an earlier visit without showing it yet. */
export function remember(message) {
  messages.set(message.id, message);
}

/** Take the server's history; a message of ours that is still on its way (`isWaiting`) stays. */
export function takeHistory(known, isWaiting) {
  const local = [...messages.values()].filter((message) => message.local);
  messages.clear();
  known.forEach((message) => messages.set(message.id, message));
  for (const message of local) {
    const sent = !isWaiting(message.id) && message.status !== "failed";
    if (!messages.has(message.id) && !sent && !findTwin(message)) messages.set(message.id, message);
  }
  if ([...messages.values()].at(-1)?.author !== "contact") hideTyping();
  drawAll();
}

// The server may name a customer's message otherwise than this page did: the same words at the same time are the same one.
function findTwin(message) {
  return [...messages.values()].find((other) => other !== message && other.author === "contact" && !other.local !== !message.local
    && !other.twin && (message.local ? isSame(message, other) : isSame(other, message))
    && Math.abs(new Date(other.created_at) - new Date(message.created_at)) < MATCH_MS);
}
function isSame(local, known) {
  return known.text === local.text || (local.value !== undefined && [local.value, "", null, undefined].includes(known.text));
}

export function receive(message) {
  if (!message?.id || messages.has(message.id)) return;
  if (message.author === "contact") {
    const twin = findTwin(message);
    if (twin) {
      twin.twin = message.id;
      return;
    }
  } else {
    hideTyping();
    noteUnread();
  }
  add(message);
}

export function mark(id, status, problem) {
  const message = messages.get(id);
  if (!message) return;
  Object.assign(message, { status, problem });
  const item = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
  if (item) item.replaceWith(draw(message, { text: shownText(message), follows: item.classList.contains("follows"), choose }));
}

function shownText(message) {
  if (message.author !== "contact" || message.local) return (message.text || "").trimEnd();
  return labelOf(message.value ?? message.text) || message.text || message.value || "";
}
function labelOf(value) {
  if (value == null) return "";
  for (const message of [...messages.values()].reverse()) {
    const button = message.buttons?.find((choice) => choice.value === value);
    if (button) return button.label;
  }
  return "";
}

let lastDay = "";
let lastDrawn = null;
function place(message, fresh) {
  const log = at("log");
  const when = new Date(message.created_at);
  if (dayOf(when) !== lastDay) {
    lastDay = dayOf(when);
    log.append(element("li", "day", lastDay));
    lastDrawn = null;
  }
  const follows = lastDrawn?.author === message.author && when - new Date(lastDrawn.created_at) < 180_000;
  log.querySelectorAll(".choices").forEach((group) => group.remove()); // only the latest question can be answered
  const item = draw(message, { text: shownText(message), follows, choose });
  if (fresh) item.classList.add("fresh");
  log.append(item);
  lastDrawn = message;
}
export function add(message) {
  const stay = !nearEnd();
  messages.set(message.id, message);
  if (messages.size === 1) drawAll();
  else place(message, true);
  if (stay && message.author !== "contact") at("down").hidden = false;
  else toEnd();
}
export function drawAll() {
  at("log").replaceChildren();
  lastDay = "";
  lastDrawn = null;
  const shown = [...messages.values()];
  if (!shown.length) shown.push({ id: "hello", author: "bot", text: say("hello"), created_at: new Date().toISOString() });
  shown.forEach((message) => place(message, false));
  toEnd();
}
export const nearEnd = () => at("scroll").scrollHeight - at("scroll").scrollTop - at("scroll").clientHeight < 120;
export function toEnd() {
  at("scroll").scrollTop = at("scroll").scrollHeight;
  at("down").hidden = true;
}
let typingEnds;
export function showTyping() {
  at("typing").hidden = false;
  clearTimeout(typingEnds);
  typingEnds = setTimeout(hideTyping, TYPING_MS);
  if (nearEnd()) toEnd();
}
export function hideTyping() {
  clearTimeout(typingEnds);
  at("typing").hidden = true;
}
