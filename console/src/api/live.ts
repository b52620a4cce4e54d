/** Live updates: one event stream that marks cached answers as stale, reconnects, and rests in a hidden tab. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { apiAddress } from "./client";
import type { LiveEvent } from "./types";

export type LiveState = "connecting" | "live" | "offline";

const EVENT_NAMES = ["message", "conversation", "contact", "approval", "broadcast", "run", "record"] as const;
type EventName = (typeof EVENT_NAMES)[number];

const GATHER_MS = 250;
const HIDDEN_REST_MS = 60_000;
const ASK_AFTER_TRIES = 1;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

let state: LiveState = "connecting";
const listeners = new Set<() => void>();

function setState(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

/** Say whether the page is up to date by itself. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/** Name the cached answers that an event makes stale. */
export function staleKeys(name: EventName, event: LiveEvent): QueryKey[] {
  const conversationId = event.conversation_id ?? (name === "conversation" ? event.id : undefined);
  const conversation: QueryKey[] = conversationId
    ? [["conversation", conversationId], ["messages", conversationId]]
    : [["conversation"], ["messages"]];
  switch (name) {
    case "message":
    case "conversation":
      return [["conversations"], ...conversation];
    case "contact":
      return [["contacts"], ["contact"]];
    case "approval":
      return [["approvals"]];
    case "broadcast":
      return [["broadcasts"], ["broadcast"]];
    case "run":
      return [["runs"], event.id ? ["run", event.id] : ["run"]];
    case "record":
      return [["collections"], ["records"]];
  }
}

/** Wait before try number `tries` (from 0), in milliseconds; doubles up to half a minute. */
export function reconnectWaitMs(tries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
}

/** Follow the events of a project (of all without one) until the returned function is called. */
export function followEvents(client: QueryClient, project: string | undefined): () => void {
  const pending = new Map<string, QueryKey>();
  let source: EventSource | null = null;
  let gather: number | undefined;
  let retry: number | undefined;
  let rest: number | undefined;
  let tries = 0;
  let missed = false;

  const flush = () => {
    gather = undefined;
    for (const queryKey of pending.values()) void client.invalidateQueries({ queryKey });
    pending.clear();
  };
  const receive = (name: EventName) => (message: MessageEvent<string>) => {
    for (const key of staleKeys(name, parseEvent(message.data))) pending.set(JSON.stringify(key), key);
    gather ??= window.setTimeout(flush, GATHER_MS);
  };
  const readAgain = () => void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  const close = () => {
    window.clearTimeout(retry);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    setState(tries === 0 ? "connecting" : "offline");
    source = new EventSource(apiAddress("/events", { project }));
    for (const name of EVENT_NAMES) source.addEventListener(name, receive(name) as EventListener);
    source.addEventListener("reset", readAgain); // the server says that events were lost
    source.onopen = () => {
      // Events sent while the stream was down may be gone: ask for everything that is on the screen.
      if (missed) readAgain();
      missed = false;
      tries = 0;
      setState("live");
    };
    source.onerror = () => {
      missed = true;
      close();
      setState("offline");
      // The stream cannot say that the session ended; an ordinary request can, and leads to the login.
      if (tries === ASK_AFTER_TRIES) void client.invalidateQueries({ queryKey: ["projects"] });
      retry = window.setTimeout(open, reconnectWaitMs(tries++));
    };
  };
  const onVisibility = () => {
    window.clearTimeout(rest);
    if (document.hidden) {
      rest = window.setTimeout(() => {
        missed = true;
        close();
      }, HIDDEN_REST_MS);
    } else if (!source) {
      tries = 0;
      open();
    }
  };
  document.addEventListener("visibilitychange", onVisibility);
  window.addEventListener("online", onVisibility);
  open();
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    window.removeEventListener("online", onVisibility);
    window.clearTimeout(rest);
    window.clearTimeout(gather);
    close();
  };
}

function parseEvent(text: string): LiveEvent {
  try {
    return JSON.parse(text) as LiveEvent;
  } catch {
    return {};
  }
}
