/** The pure parts of Broadcasts: what a form holds, what of it is sent, and how states and reasons are coloured. */
import type { Broadcast, BroadcastContent, BroadcastDetail, BroadcastFilter } from "../../api/types";
import { LANGUAGES, type Language } from "../../language/translate";
import type { Tone } from "../../ui/StatusPill";

export type Operator = BroadcastFilter["op"];

/** A condition as it is typed. */
export interface Condition {
  field: string;
  op: Operator;
  value: string;
}

export interface Draft {
  name: string;
  bot: string;
  purpose: string;
  texts: Record<Language, string>;
  segment: Condition[];
  channels: string[];
  template: string;
  unsubscribe: boolean;
}

/** In the order in which the form offers them. */
export const OPERATORS = ["eq", "neq", "in", "nin", "gt", "gte", "lt", "lte", "null", "nnull"] as const satisfies readonly Operator[];
export const TAG_OPERATORS = ["has", "lacks"] as const satisfies readonly Operator[];
/** Fields that every contact has; others are the company's own. */
export const KNOWN_FIELDS = ["tags", "language", "name", "phone", "created_at"];
const TEXTUAL = new Set(KNOWN_FIELDS);
const LISTS = new Set<Operator>(["in", "nin"]);
const WITHOUT_VALUE = new Set<Operator>(["null", "nnull"]);

export const STATUS_TONES: Record<Broadcast["status"], Tone> = { draft: "calm", running: "busy", stopped: "warn", done: "good" };

/** States of a message in the order in which they follow each other; the server's others come after them. */
export const MESSAGE_STATES = ["queued", "sent", "delivered", "read", "failed", "in_doubt", "held", "stopped", "dropped"] as const;

export function emptyDraft(bot: string): Draft {
  const texts = Object.fromEntries(LANGUAGES.map((language) => [language, ""])) as Draft["texts"];
  return { name: "", bot, purpose: "marketing", texts, segment: [], channels: [], template: "", unsubscribe: true };
}

export function draftOf(broadcast: Broadcast): Draft {
  const { name, bot, purpose, texts, segment, channels, template, unsubscribe } = broadcast;
  return {
    ...emptyDraft(bot), name, purpose, channels, unsubscribe, template: template ?? "",
    texts: { ...emptyDraft(bot).texts, ...texts },
    segment: segment.map(({ field, op, value }) => ({ field, op, value: showValue(value) })),
  };
}

function showValue(value: BroadcastFilter["value"]): string {
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

export const needsValue = (op: Operator): boolean => !WITHOUT_VALUE.has(op);

/** The conditions that may stand on a field: tags are had or lacked, all else is compared. */
export const operatorsOf = (field: string): readonly Operator[] => (field === "tags" ? TAG_OPERATORS : OPERATORS);

/** The same condition on another field, with a comparison that fits there. */
export function onField(condition: Condition, field: string): Condition {
  const fitting = operatorsOf(field);
  return { ...condition, field, op: fitting.includes(condition.op) ? condition.op : (fitting[0] ?? "eq") };
}

/** A typed value as the field holds it: own fields may be numbers or yes and no, the others are texts. */
export function readTyped(field: string, typed: string): string | number | boolean {
  const text = typed.trim();
  if (TEXTUAL.has(field)) return text;
  if (text === "true" || text === "false") return text === "true";
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Whether a row says something: a field, and a value where one is needed. */
const isWhole = ({ field, op, value }: Condition): boolean => field.trim() !== "" && (!needsValue(op) || value.trim() !== "");

function filterOf({ field, op, value }: Condition): BroadcastFilter {
  const name = field.trim();
  if (!needsValue(op)) return { field: name, op, value: null };
  if (!LISTS.has(op)) return { field: name, op, value: readTyped(name, value) };
  const parts = value.split(",").filter((part) => part.trim() !== "");
  return { field: name, op, value: parts.map((part) => readTyped(name, part)) };
}

/** What is sent of a form: languages without a word and half conditions are left out. */
export function contentOf(draft: Draft): BroadcastContent {
  const said = LANGUAGES.filter((language) => draft.texts[language].trim() !== "");
  return {
    name: draft.name.trim(),
    bot: draft.bot,
    purpose: draft.purpose.trim(),
    texts: Object.fromEntries(said.map((language) => [language, draft.texts[language].trim()])),
    segment: draft.segment.filter(isWhole).map(filterOf),
    channels: draft.channels,
    template: draft.template.trim() || null,
    unsubscribe: draft.unsubscribe,
  };
}

/** What decides who gets it: all but the name, which only colleagues see. */
export function ideaOf(draft: Draft): Partial<BroadcastContent> {
  const content: Partial<BroadcastContent> = contentOf(draft);
  delete content.name;
  return content;
}

/** Whether a draft can be kept: a name, a purpose, and words in one language. */
export function isReady(draft: Draft): boolean {
  const { name, purpose, texts } = contentOf(draft);
  return name !== "" && purpose !== "" && Object.keys(texts).length > 0;
}

/** How far a broadcast is: messages that are through, and all that were written. */
export function progressOf({ messages }: Pick<BroadcastDetail, "messages">): { through: number; written: number } {
  const counts = Object.entries(messages);
  const sum = (rows: [string, number][]) => rows.reduce((total, [, count]) => total + count, 0);
  const waits = new Set(["queued", "held", "stopped"]);
  return { through: sum(counts.filter(([state]) => !waits.has(state))), written: sum(counts) };
}

/** Figures in the order of `MESSAGE_STATES`, unknown ones last. */
export function inOrder(counts: Record<string, number>): [state: string, count: number][] {
  const place = (state: string) => {
    const at = (MESSAGE_STATES as readonly string[]).indexOf(state);
    return at < 0 ? MESSAGE_STATES.length : at;
  };
  return Object.entries(counts).sort(([one], [other]) => place(one) - place(other));
}

/** What a datetime field of the browser says, as an instant; `null` for none. The browser's own zone is meant. */
export function instantOf(typed: string): string | null {
  const at = new Date(typed);
  return typed && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
