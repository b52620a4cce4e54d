// Files: chosen, pasted or dropped here, uploaded by the outbox, and shown without ever being run.

import { at } from "./kept.js";
import { ask } from "./server.js";
import { say } from "./words.js";

export const MOST_FILES = 10;
const MOST_BYTES = 15_000_000;
const PICTURES = /^image\/(jpeg|png|webp|gif)$/;

/** Call `take` with the files that the visitor chooses, pastes or drops. */
export function onFiles(take) {
  const input = at("files");
  const give = (list) => { if (list?.length) take([...list].slice(0, MOST_FILES)); };
  at("attach").addEventListener("click", () => input.click());
  input.addEventListener("change", () => { give(input.files); input.value = ""; });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) { event.preventDefault(); give(event.clipboardData.files); }
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => { event.preventDefault(); give(event.dataTransfer?.files); });
}

/** Why a file cannot be sent; nothing when it can. */
export function refusal(file) {
  if (!file.size) return say("emptyFile");
  return file.size > MOST_BYTES ? say("largeFile") : undefined;
}

/** Upload a file; gives the server's answer. */
export function upload(file) {
  const headers = { "Content-Type": file.type || "application/octet-stream", "X-File-Name": encodeURIComponent(file.name) };
  return ask("/files", { method: "POST", body: file, headers });
}

/** A file of this page as a message shows it before the server has it. */
export const asAttachment = (file) => ({ kind: "document", name: file.name, media_type: file.type, blob: file });

const whyMissing = ({ coming, failed }) => (coming ? "waiting" : failed === "inbox.file_gone" ? "gone" : "failed");

/** Draw a file or a place. */
export function drawFile(one) {
  if (one.kind === "place") return linkTo(`https://www.openstreetmap.org/?mlat=${Number(one.latitude)}&mlon=${Number(one.longitude)}`, `📍 ${one.name ?? say("place")}`);
  const name = one.name ?? say("file");
  if (!one.blob && !one.file_id) return Object.assign(document.createElement("span"), { className: "file", textContent: `📎 ${name} · ${say(whyMissing(one))}` });
  if (PICTURES.test(one.media_type)) return picture(one, name);
  if (one.media_type?.startsWith("audio/")) return player(one, name);
  const link = linkTo("#", `📎 ${name}`);
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const saved = Object.assign(document.createElement("a"), { href: await address(one), download: name });
    saved.click();
  });
  return link;
}
function picture(one, name) {
  const image = Object.assign(document.createElement("img"), { className: "picture", alt: name });
  const framed = Object.assign(document.createElement("a"), { className: "framed", target: "_blank", rel: "noopener" });
  framed.append(image);
  address(one).then((url) => { image.src = url; framed.href = url; }).catch(() => framed.replaceWith(`📎 ${name}`));
  return framed;
}
function player(one, name) {
  const audio = Object.assign(document.createElement("audio"), { controls: true });
  audio.setAttribute("aria-label", name);
  address(one).then((url) => { audio.src = url; }).catch(() => audio.replaceWith(`📎 ${name}`));
  return audio;
}
function linkTo(href, text) {
  return Object.assign(document.createElement("a"), { className: "file", href, textContent: text, target: "_blank", rel: "noopener noreferrer nofollow" });
}

const addresses = new Map(); // a file is fetched once a page
function address(one) {
  if (one.blob) return Promise.resolve(URL.createObjectURL(one.blob));
  if (!addresses.has(one.file_id)) addresses.set(one.file_id, fetchFile(one.file_id));
  return addresses.get(one.file_id);
}
async function fetchFile(id) {
  const reply = await ask(`/files/${encodeURIComponent(id)}`);
  if (!reply.ok) { addresses.delete(id); throw new Error(`file ${reply.status}`); }
  return URL.createObjectURL(await reply.blob());
}
