/** What may stand after the question mark of each address; anything else is dropped. */
import { HOLDERS, RUN_STATUSES, type Holder, type RunStatus } from "../api/types";

type Raw = Record<string, unknown>;

function text(raw: Raw, name: string): string | undefined {
  const value = raw[name];
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
}

export interface LoginSearch {
  next?: string;
}

/** Only an address of this console may follow the login: `//host` would leave it. */
export function loginSearch(raw: Raw): LoginSearch {
  const next = text(raw, "next");
  return next && /^\/(?![/\\])/.test(next) ? { next } : {};
}

export interface ConversationSearch {
  q?: string;
  bot?: string;
  channel?: string;
  holder?: Holder;
  team?: string;
}

export function conversationSearch(raw: Raw): ConversationSearch {
  return {
    q: text(raw, "q"),
    bot: text(raw, "bot"),
    channel: text(raw, "channel"),
    holder: HOLDERS.find((holder) => holder === raw.holder),
    team: text(raw, "team"),
  };
}

export interface ApprovalsSearch {
  /** The decided ones too. */
  all?: boolean;
}

export function approvalsSearch(raw: Raw): ApprovalsSearch {
  return raw.all === true ? { all: true } : {};
}

export interface ContactsSearch {
  q?: string;
  tag?: string;
}

export function contactsSearch(raw: Raw): ContactsSearch {
  return { q: text(raw, "q"), tag: text(raw, "tag") };
}

export interface RunsSearch {
  status?: RunStatus;
  workflow?: string;
}

export function runsSearch(raw: Raw): RunsSearch {
  return { status: RUN_STATUSES.find((status) => status === raw.status), workflow: text(raw, "workflow") };
}

export interface RecordsSearch {
  q?: string;
  sort?: string;
  page?: number;
  record?: string;
}

export function recordsSearch(raw: Raw): RecordsSearch {
  const page = Number(raw.page);
  return {
    q: text(raw, "q"),
    sort: text(raw, "sort"),
    page: Number.isInteger(page) && page > 1 ? page : undefined,
    record: text(raw, "record"),
  };
}
