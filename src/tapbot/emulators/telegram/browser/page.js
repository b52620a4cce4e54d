// The emulator's page: be a person who chats with a bot.
const at = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
let shown = "";

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}
async function ask(path, body) {
  const options = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const reply = await fetch(path, options);
  const answer = await reply.json();
  at("problem").textContent = reply.ok || !body ? "" : answer.description;
  return reply.ok ? answer : null;
}
const mine = (rest) => `/emulator/${encodeURIComponent(at("token").value)}/${rest}`;
const me = () => ({ first_name: at("name").value, language_code: at("language").value });

async function refresh() {
  const known = await ask("/emulator/bots");
  at("bots").replaceChildren(...known.bots.map((bot) => Object.assign(make("option"), { value: bot.token })));
  if (!at("token").value && known.bots.length) at("token").value = known.bots[0].token;
  if (!at("token").value) return;
  const chat = await ask(mine(`chats/${at("user").value}`));
  const now = JSON.stringify(chat);
  if (!chat || now === shown) return;
  shown = now;
  at("who").textContent = chat.action ? `${chat.action}…` : `Chat ${chat.chat.id}`;
  at("log").replaceChildren(...chat.messages.map(draw));
  at("keyboard").replaceChildren(...drawKeyboard(chat.reply_keyboard));
  at("log").scrollTop = at("log").scrollHeight;
}
function draw(message) {
  const item = make("li", message.author);
  const bubble = make("div", "bubble");
  if (message.file) bubble.append(drawFile(message));
  else if (message.kind !== "text") bubble.append(make("div", "note", message.kind));
  bubble.append(message.text);
  item.append(bubble);
  const notes = [message.forwarded ? "forwarded" : "", message.edited ? "edited" : "", ...message.reactions];
  item.append(make("span", "note", notes.filter(Boolean).join(" · ")));
  for (const row of message.buttons) {
    const line = make("div", "row");
    for (const { label, data, url } of row) {
      const button = make("button", "", url ? `${label} ↗` : label);
      button.addEventListener("click", () => (url ? window.open(url, "_blank", "noopener") : press(message.message_id, data)));
      line.append(button);
    }
    item.append(line);
  }
  return item;
}
const TAGS = { photo: "img", sticker: "img", video: "video", video_note: "video", animation: "video", voice: "audio", audio: "audio" };
function drawFile({ kind, file, content }) {
  const tag = TAGS[kind] ?? "a";
  const shown = make(tag, "", tag === "a" ? (content.file_name ?? kind) : undefined);
  shown[tag === "a" ? "href" : "src"] = mine(`files/${file}`);
  if (tag === "img") shown.alt = kind;
  else if (tag !== "a") shown.controls = true;
  return shown;
}
function drawKeyboard(keyboard) {
  return (keyboard?.keyboard ?? []).map((row) => {
    const line = make("div", "row");
    for (const key of row) {
      const label = typeof key === "string" ? key : key.text;
      const button = make("button", "", label);
      button.addEventListener("click", () => write(label));
      line.append(button);
    }
    return line;
  });
}
async function write(text) {
  await ask(mine(`users/${at("user").value}/messages`), { ...me(), text });
  await refresh();
}
function kindOf(type) {
  if (type === "audio/ogg") return "voice";
  const kind = { image: "photo", audio: "audio", video: "video" }[type.split("/")[0]];
  return kind ?? "document";
}
async function send(file) {
  const address = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.readAsDataURL(file);
  });
  const content = { base64: address.split(",")[1], file_name: file.name, mime_type: file.type };
  await ask(mine(`users/${at("user").value}/messages`), { ...me(), [kindOf(file.type)]: content });
  await refresh();
}
async function press(message_id, data) {
  await ask(mine(`users/${at("user").value}/press`), { ...me(), message_id, data });
  await refresh();
}
at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  at("text").value = "";
  if (text) write(text);
});
at("file").addEventListener("change", async () => {
  const [file] = at("file").files;
  if (file) await send(file);
  at("file").value = "";
});
at("order").addEventListener("click", () => ask("/emulator/faults", { kind: at("kind").value }));
at("token").value = query.get("token") ?? "";
setInterval(() => refresh().catch(() => {}), 700);
refresh();
