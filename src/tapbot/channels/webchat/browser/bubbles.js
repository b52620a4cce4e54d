// One message as the page shows it: its bubble with links, its time, and the buttons that answer it.

import { drawFile } from "./files.js";
import { language, say } from "./words.js";

export function element(tag, className, text) {
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

/** Draw a message; `text` is what the bubble says, `choose` is called with a pressed button. */
export function draw(message, { text, follows, choose }) {
  const author = ["contact", "human"].includes(message.author) ? message.author : "bot";
  const item = element("li", `message ${author} ${message.status ?? ""}${follows ? " follows" : ""}`);
  item.dataset.id = message.id;
  item.dataset.author = author;
  const name = author === "contact" ? say("you") : say(author);
  item.append(author === "human" && !follows ? element("span", "name", name) : element("span", "quiet", `${name}: `));
  const bubble = withLinks(text);
  const when = new Date(message.created_at);
  const time = element("time", "time", when.toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  time.dateTime = when.toISOString();
  if (message.status === "waiting") time.textContent = say("waiting");
  bubble.prepend(...(message.attachments ?? []).map(drawFile));
  bubble.append(time);
  item.append(bubble);
  if (message.problem) item.append(element("span", "note", message.problem));
  if (author !== "contact" && message.buttons?.length) item.append(drawChoices(message.buttons, choose));
  return item;
}
function drawChoices(buttons, choose) {
  const group = element("div", "choices");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", say("choices"));
  for (const { label, value } of buttons) {
    const button = element("button", "", label);
    button.type = "button";
    button.addEventListener("click", () => choose(value, label));
    group.append(button);
  }
  return group;
}
export function dayOf(when) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(when).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days <= 0) return say("today");
  return days === 1 ? say("yesterday") : when.toLocaleDateString(language(), { day: "numeric", month: "long" });
}
