// Talking to the server: every request carries the chat's token, which the server issues once.

import { identity } from "./frame.js";
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

let refused = false; // a bad signature: the visitor is nobody in particular
let asking = null;
export function ensureToken() {
  asking ??= askToken().finally(() => { asking = null; });
  return asking;
}
async function askToken() {
  if (token) return undefined;
  const signed = refused ? null : await identity();
  const reply = await ask("/token", { method: "POST", body: JSON.stringify(signed ? { identity: signed } : {}) });
  if (signed && (reply.status === 401 || reply.status === 403)) {
    refused = true;
    console.warn(`tapbot: ${(await reply.json().catch(() => ({}))).detail ?? "the identity is not accepted"}`);
    return askToken();
  }
  if (!reply.ok) throw new Error(`token ${reply.status}`);
  token = (await reply.json()).token;
  storage.write("token", token);
  return undefined;
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
