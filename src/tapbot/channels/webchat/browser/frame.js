// Inside a widget's frame: the page tells the site how many messages are unread and when to close it, and hears who
// the visitor is, signed by the site. What is signed only the server can tell.

import { personal, query } from "./kept.js";

export const embedded = query.has("embed") && window.parent !== window;
let opened = !embedded;
let unread = 0;
let whenOpened = () => {};
let tellIdentity;
const told = new Promise((done) => { tellIdentity = done; });

/** What the site signed about the visitor; nothing on a page that is no widget, or whose site says nothing. */
export const identity = () => (embedded && personal ? told : null);

export function tellParent(fact) {
  if (embedded) window.parent.postMessage({ tapbot: fact }, "*"); // a number or "close": nothing of the chat
}
export function noteUnread() {
  unread = document.hidden || (embedded && !opened) ? unread + 1 : 0;
  tellParent({ unread });
}
export function onOpened(show) {
  whenOpened = show;
}
window.addEventListener("message", (event) => {
  if (event.source !== window.parent || typeof event.data?.tapbot?.opened !== "boolean") return;
  opened = event.data.tapbot.opened;
  tellIdentity(event.data.tapbot.identity);
  if (opened) {
    unread = 0;
    whenOpened();
  }
});
