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
  item.append(make("div", "bubble", message.kind === "text" ? message.text : `[${message.kind}] ${message.text}`));
  if (message.edited) item.append(make("span", "note", "edited"));
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
at("order").addEventListener("click", () => ask("/emulator/faults", { kind: at("kind").value }));
at("token").value = query.get("token") ?? "";
setInterval(() => refresh().catch(() => {}), 700);
refresh();
