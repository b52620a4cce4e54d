// Talking to the server: every request carries the chat's token, which the server issues once.

import { base, storage } from "./kept.js";
import { language } from "./words.js";

let token = storage.read("token");
let whenForgotten = () => {};

export async function ask(path, options = {}) {
  const headers = { "Accept-Language": language(), ...options.headers };
  if (token) headers["X-Chat-Token"] = token;
  if (options.body) headers["Content-Type"] ??= "application/json";
  return fetch(base + path, { credentials: "omit", cache: "no-store", ...options, headers });
}

let asking = null;
export function ensureToken() {
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

/** Call this when the chat is no longer ours: what belongs to it must stop. */
export function onForgotten(stop) {
  whenForgotten = stop;
}
export function forgetToken() {
  token = null;
  whenForgotten();
  storage.drop("token");
}
