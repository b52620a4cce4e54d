// The chat's page: hands on its field, buttons and keys. The parts beside this file do the work.

import { onFiles, refusal } from "./files.js";
import { embedded, onOpened, tellParent } from "./frame.js";
import { speak } from "./head.js";
import { at, query } from "./kept.js";
import { flush, post, restore } from "./outbox.js";
import { stayConnected, wake } from "./stream.js";
import { add, drawAll, nearEnd, onChoice, toEnd } from "./thread.js";
import { choose } from "./words.js";

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
onFiles((chosen) => {
  const fitting = chosen.filter((file) => {
    const problem = refusal(file);
    if (problem) add({ id: `refused-${file.name}-${Date.now()}`, author: "contact", text: "", attachments: [{ kind: "document", name: file.name, blob: file }], created_at: new Date().toISOString(), local: true, status: "failed", problem });
    return !problem;
  });
  const text = field.value.trim();
  if (!fitting.length) return;
  field.value = "";
  fitField();
  field.focus();
  post({ text, blobs: fitting }, text);
});
at("language").addEventListener("change", () => {
  choose(at("language").value);
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
onChoice((value, label) => {
  field.focus({ preventScroll: true });
  post({ value }, label);
});
onOpened(() => {
  toEnd();
  field.focus();
});
restore();
speak();
drawAll();
if (!embedded && matchMedia("(pointer: fine)").matches) field.focus();
stayConnected();
flush();
