// The emulator's page: be a person who chats with a business.
const at = (id) => document.getElementById(id);
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
  at("problem").textContent = reply.ok || !body ? "" : (answer.error.error_data?.details ?? answer.error.message);
  return reply.ok ? answer : null;
}
const mine = (rest) => `/emulator/${at("phone").value}/${rest}`;
const mineAs = (deed) => mine(`users/${at("user").value}/${deed}`);

async function refresh() {
  const { businesses } = await ask("/emulator/businesses");
  if (!at("phone").value) {
    at("phone").replaceChildren(
      ...businesses.map((one) => Object.assign(make("option", "", one.name), { value: one.phone_number_id })),
    );
  }
  const chat = await ask(mine(`chats/${at("user").value}`));
  const now = JSON.stringify(chat);
  if (!chat || now === shown) return;
  shown = now;
  at("who").textContent = chat.typing ? "typing…" : `${chat.name}, ${chat.chat}`;
  at("log").replaceChildren(...chat.messages.map(draw));
  at("log").scrollTop = at("log").scrollHeight;
}
function draw(message) {
  const item = make("li", message.author === "user" ? "user" : "bot");
  const kind = message.template ? `template ${message.template}` : message.kind;
  item.append(make("div", "bubble", kind === "text" ? message.text : `[${kind}] ${message.text}`));
  const notes = [message.status, message.reaction, message.author === "phone" ? "from the company's phone" : ""];
  item.append(make("span", "note", notes.filter(Boolean).join(" · ")));
  for (const { id, title, description } of message.buttons) {
    const line = make("div", "row");
    const button = make("button", "", description ? `${title}: ${description}` : title);
    button.addEventListener("click", () => act("press", { message_id: message.id, id }));
    line.append(button);
    item.append(line);
  }
  return item;
}
async function act(deed, body) {
  await ask(mineAs(deed), { ...body, name: at("name").value });
  await refresh();
}
at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  at("text").value = "";
  if (text) act("messages", { text });
});
at("echo").addEventListener("change", async () => {
  const text = at("echo").value.trim();
  at("echo").value = "";
  if (text) await ask(mine("echoes"), { to: at("user").value, text });
});
at("order").addEventListener("click", () => ask("/emulator/faults", { kind: at("kind").value }));
setInterval(() => refresh().catch(() => {}), 700);
refresh();
