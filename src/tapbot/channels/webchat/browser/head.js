// The head of the page and all words that do not belong to a message.

import { at } from "./kept.js";
import { botTitle, language, say } from "./words.js";

let online = "connecting";

export function setState(state) {
  online = state;
  at("state").dataset.state = state;
  at("state").textContent = say(state);
}

export function speak() {
  document.documentElement.lang = language();
  const title = botTitle();
  document.title = title;
  at("title").textContent = title;
  at("avatar").textContent = title.trim().charAt(0).toUpperCase();
  at("language").value = language();
  at("language").setAttribute("aria-label", say("language"));
  at("scroll").setAttribute("aria-label", say("messages"));
  at("text").placeholder = say("placeholder");
  at("text-label").textContent = say("placeholder");
  at("typing-text").textContent = say("typing");
  for (const name of ["send", "close", "down", "attach"]) {
    at(name).setAttribute("aria-label", say(name));
    at(name).title = say(name);
  }
  setState(online);
}
