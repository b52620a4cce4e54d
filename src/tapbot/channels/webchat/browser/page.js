// The chat's page: shows messages, sends them once however often it must try, and stays connected.

const TEXTS = {
  kk: {
    hello: "Сәлеметсіз бе! Сұрағыңызды қазақша, орысша немесе ағылшынша жазыңыз.",
    placeholder: "Хабарлама жазыңыз…", send: "Жіберу", close: "Жабу", down: "Соңғы хабарламаға", language: "Тіл",
    online: "Желіде", connecting: "Қосылуда…", offline: "Байланыс жоқ, хабарламалар кейін жіберіледі",
    typing: "Жауап жазуда", you: "Сіз", bot: "Бот", human: "Оператор", choices: "Жауап нұсқалары", messages: "Хабарламалар",
    waiting: "жіберілуде", failed: "Жіберілмеді.", tooLong: "Хабарлама тым ұзын.", today: "Бүгін", yesterday: "Кеше",
  },
  ru: {
    hello: "Здравствуйте! Напишите ваш вопрос на русском, казахском или английском.",
    placeholder: "Напишите сообщение…", send: "Отправить", close: "Закрыть", down: "К последнему сообщению", language: "Язык",
    online: "На связи", connecting: "Подключаемся…", offline: "Нет связи, сообщения уйдут позже",
    typing: "Пишет ответ", you: "Вы", bot: "Бот", human: "Оператор", choices: "Варианты ответа", messages: "Сообщения",
    waiting: "отправляется", failed: "Не отправлено.", tooLong: "Сообщение слишком длинное.", today: "Сегодня", yesterday: "Вчера",
  },
  en: {
    hello: "Hello! Ask your question in English, Russian or Kazakh.",
    placeholder: "Write a message…", send: "Send", close: "Close", down: "To the latest message", language: "Language",
    online: "Online", connecting: "Connecting…", offline: "No connection, messages will be sent later",
    typing: "Writing an answer", you: "You", bot: "Bot", human: "Operator", choices: "Suggested answers", messages: "Messages",
    waiting: "sending", failed: "Not sent.", tooLong: "The message is too long.", today: "Today", yesterday: "Yesterday",
  },
};
const SILENCE_MS = 45_000; // the server pings every 15 s
const TYPING_MS = 25_000;
const MATCH_MS = 600_000;
const base = location.pathname.replace(/\/+$/, "");
const query = new URLSearchParams(location.search);
const at = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// ── What is kept: in the browser if it allows that, else in this page only ──
const memory = new Map();
const storage = {
  read(key) {
    try { return localStorage.getItem(`tapbot${base}:${key}`) ?? memory.get(key) ?? null; } catch { return memory.get(key) ?? null; }
  },
  write(key, value) {
    memory.set(key, value);
    try { localStorage.setItem(`tapbot${base}:${key}`, value); } catch { /* private mode, or a site that forbids it */ }
  },
  drop(key) {
    memory.delete(key);
    try { localStorage.removeItem(`tapbot${base}:${key}`); } catch { /* as above */ }
  },
};
function readQueue() {
  try { return JSON.parse(storage.read("queue") ?? "[]"); } catch { return []; }
}
const messages = new Map(); // id → {id, author, text, buttons, created_at, local?, status?}
let queue = readQueue();
let token = storage.read("token");
let language = chooseLanguage();
let online = "connecting";
let unread = 0;

function chooseLanguage() {
  const wished = [query.get("lang"), storage.read("lang"), ...(navigator.languages ?? [navigator.language])];
  for (const tag of wished) {
    const short = (tag ?? "").toLowerCase().split("-")[0].replace("kz", "kk");
    if (TEXTS[short]) return short;
  }
  return "ru";
}
const say = (key) => TEXTS[language][key];
const titles = JSON.parse(at("title").dataset.titles || "{}"); // the bot's name by language
const servedTitle = document.title;

// ── Talking to the server ──
async function ask(path, options = {}) {
  const headers = { "Accept-Language": language, ...options.headers };
  if (token) headers["X-Chat-Token"] = token;
  if (options.body) headers["Content-Type"] = "application/json";
  return fetch(base + path, { credentials: "omit", cache: "no-store", ...options, headers });
}

let asking = null;
function ensureToken() {
  asking ??= askToken().finally(() => { asking = null; });
  return asking;
}
async function askToken() {
  if (token) return;
  const reply = await ask("/token", { method: "POST", body: "{}" });
  if (!reply.ok) throw new Error(`token ${reply.status}`);
  token = (await reply.json()).token;
  storage.write("token", token);
}
let stream = null;
function forgetToken() {
  token = null;
  stream?.abort(); // it belongs to the forgotten chat
  storage.drop("token");
}

async function stayConnected() {
  for (let tries = 0; ; tries += 1) {
    try {
      await ensureToken();
      await listen(() => { tries = 0; });
    } catch { /* shown by the state; the next try follows */ }
    setState(navigator.onLine && tries < 2 ? "connecting" : "offline");
    await wakeable(Math.min(30_000, 500 * 2 ** tries) * (0.7 + Math.random() * 0.6));
  }
}

let wake = () => {};
function wakeable(ms) {
  return Promise.race([pause(ms), new Promise((done) => { wake = done; })]);
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
  const local = [...messages.values()].filter((message) => message.local);
  messages.clear();
  known.forEach((message) => messages.set(message.id, message));
  for (const message of local) {
    const sent = !queue.some((waiting) => waiting.id === message.id) && message.status !== "failed";
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

function receive(message) {
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

// ── Sending: each message keeps its id, so a second try cannot double it ──
function post(content, label) {
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
async function flush() {
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
function mark(id, status, problem) {
  const message = messages.get(id);
  if (!message) return;
  Object.assign(message, { status, problem });
  const item = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
  if (item) item.replaceWith(draw(message, item.classList.contains("follows")));
}

// ── Showing ──
function setState(state) {
  online = state;
  at("state").dataset.state = state;
  at("state").textContent = say(state);
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
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
function withLinks(text) {
  const bubble = element("div", "bubble");
  let last = 0;
  for (const found of text.matchAll(/https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]»]/g)) {
    appendText(bubble, text.slice(last, found.index));
    const link = element("a", "", found[0]);
    Object.assign(link, { href: found[0], target: "_blank", rel: "noopener noreferrer nofollow" });
    bubble.append(link);
    last = found.index + found[0].length;
  }
  appendText(bubble, text.slice(last));
  return bubble;
}
function appendText(bubble, text) { // an empty line is a gap, smaller than a line
  text.split(/\n\s*\n/).forEach((part, index) => {
    if (index) bubble.append(element("span", "gap"));
    bubble.append(part);
  });
}
function draw(message, follows) {
  const author = ["contact", "human"].includes(message.author) ? message.author : "bot";
  const item = element("li", `message ${author} ${message.status ?? ""}${follows ? " follows" : ""}`);
  item.dataset.id = message.id;
  item.dataset.author = author;
  const name = author === "contact" ? say("you") : say(author);
  item.append(author === "human" && !follows ? element("span", "name", name) : element("span", "quiet", `${name}: `));
  const bubble = withLinks(shownText(message));
  const when = new Date(message.created_at);
  const time = element("time", "time", when.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  time.dateTime = when.toISOString();
  if (message.status === "waiting") time.textContent = say("waiting");
  bubble.append(time);
  item.append(bubble);
  if (message.problem) item.append(element("span", "note", message.problem));
  if (author !== "contact" && message.buttons?.length) item.append(drawChoices(message.buttons));
  return item;
}
function drawChoices(buttons) {
  const group = element("div", "choices");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", say("choices"));
  for (const { label, value } of buttons) {
    const button = element("button", "", label);
    button.type = "button";
    button.addEventListener("click", () => {
      at("text").focus({ preventScroll: true });
      post({ value }, label);
    });
    group.append(button);
  }
  return group;
}
function dayOf(when) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(when).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days <= 0) return say("today");
  return days === 1 ? say("yesterday") : when.toLocaleDateString(language, { day: "numeric", month: "long" });
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
  const item = draw(message, follows);
  if (fresh) item.classList.add("fresh");
  log.append(item);
  lastDrawn = message;
}
function add(message) {
  const stay = !nearEnd();
  messages.set(message.id, message);
  if (messages.size === 1) drawAll();
  else place(message, true);
  if (stay && message.author !== "contact") at("down").hidden = false;
  else toEnd();
}
function drawAll() {
  at("log").replaceChildren();
  lastDay = "";
  lastDrawn = null;
  const shown = [...messages.values()];
  if (!shown.length) shown.push({ id: "hello", author: "bot", text: say("hello"), created_at: new Date().toISOString() });
  shown.forEach((message) => place(message, false));
  toEnd();
}
const nearEnd = () => at("scroll").scrollHeight - at("scroll").scrollTop - at("scroll").clientHeight < 120;
function toEnd() {
  at("scroll").scrollTop = at("scroll").scrollHeight;
  at("down").hidden = true;
}
let typingEnds;
function showTyping() {
  at("typing").hidden = false;
  clearTimeout(typingEnds);
  typingEnds = setTimeout(hideTyping, TYPING_MS);
  if (nearEnd()) toEnd();
}
function hideTyping() {
  clearTimeout(typingEnds);
  at("typing").hidden = true;
}
function noteUnread() {
  unread = document.hidden || (embedded && !opened) ? unread + 1 : 0;
  tellParent({ unread });
}
function speak() { // all words that do not belong to a message
  document.documentElement.lang = language;
  const title = titles[language] ?? servedTitle;
  document.title = title;
  at("title").textContent = title;
  at("avatar").textContent = title.trim().charAt(0).toUpperCase();
  at("language").value = language;
  at("language").setAttribute("aria-label", say("language"));
  at("scroll").setAttribute("aria-label", say("messages"));
  at("text").placeholder = say("placeholder");
  at("text-label").textContent = say("placeholder");
  at("typing-text").textContent = say("typing");
  for (const name of ["send", "close", "down"]) {
    at(name).setAttribute("aria-label", say(name));
    at(name).title = say(name);
  }
  setState(online);
}

// ── Inside a widget's frame ──
const embedded = query.has("embed") && window.parent !== window;
let opened = !embedded;
function tellParent(fact) {
  if (embedded) window.parent.postMessage({ tapbot: fact }, "*"); // a number or "close": nothing of the chat
}
window.addEventListener("message", (event) => {
  if (event.source !== window.parent || typeof event.data?.tapbot?.opened !== "boolean") return;
  opened = event.data.tapbot.opened;
  if (opened) {
    unread = 0;
    toEnd();
    at("text").focus();
  }
});

// ── Hands on the page ──
const field = at("text");
function fitField() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 3}px`;
  at("send").disabled = !field.value.trim();
}
field.addEventListener("input", fitField);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("composer").requestSubmit();
  }
});
at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  fitField();
  field.focus();
  post({ text }, text);
});
at("language").addEventListener("change", () => {
  language = at("language").value;
  storage.write("lang", language);
  speak();
  drawAll();
});
at("down").addEventListener("click", toEnd);
at("scroll").addEventListener("scroll", () => { if (nearEnd()) at("down").hidden = true; }, { passive: true });
at("close").addEventListener("click", () => tellParent({ close: true }));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tellParent({ close: true }); });
window.addEventListener("online", () => { wake(); flush(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) wake(); });

document.body.classList.toggle("embedded", embedded);
at("close").hidden = !embedded;
if (/^#[0-9a-f]{6}$/i.test(query.get("accent") ?? "")) document.documentElement.style.setProperty("--accent", query.get("accent"));
for (const waiting of queue) messages.set(waiting.id, { ...waiting, text: waiting.label, author: "contact", local: true, status: "waiting" });
speak();
drawAll();
if (!embedded && matchMedia("(pointer: fine)").matches) field.focus();
stayConnected();
flush();
