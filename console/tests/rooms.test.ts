/** The pure parts of the rooms: threads, records, timelines, figures, addresses, live updates. */
import { describe, expect, test, vi } from "vitest";
import { apiAddress } from "../src/api/client";
import { reconnectWaitMs, staleKeys } from "../src/api/live";
import type { Message } from "../src/api/types";
import { loginSearch, recordsSearch, runsSearch } from "../src/app/search";
import { createFormat } from "../src/language/format";
import { matchesSearch } from "../src/rooms/conversations/search";
import { groupByDay, inOrder } from "../src/rooms/conversations/thread";
import { takeLinkToken } from "../src/rooms/login/link";
import { countToday } from "../src/rooms/overview/figures";
import { cellOf, nextSort, orderFields, recordKey, tableFields } from "../src/rooms/records/cell";
import { runActions } from "../src/rooms/runs/actions";
import { layTimeline } from "../src/rooms/runs/timeline";
import { jsonTokens } from "../src/ui/jsonTokens";
import { nextIndex } from "../src/ui/listKeys";
import { initialsOf } from "../src/ui/Portrait";

const message = (id: string, author: Message["author"], minute: number, rest: Partial<Message> = {}): Message => ({
  id, author, text: id, buttons: [], attachments: [], value: null, created_at: `2026-03-14T10:${String(minute).padStart(2, "0")}:00Z`, run_id: null,
  author_id: null, speaker: null, delivery: null, delivery_error: null, delivery_error_code: null, due_at: null, edited_at: null, earlier: [], ...rest,
});

describe("thread", () => {
  test("pages are put into one order and a message seen twice is kept once", () => {
    const pages = [
      { items: [message("c", "bot", 2), message("d", "bot", 3)], next: "x" },
      { items: [message("a", "contact", 0), message("c", "bot", 2)], next: null },
    ];
    expect(inOrder(pages).map(({ id }) => id)).toEqual(["a", "c", "d"]);
  });

  test("messages of one author stand together until the run, the delivery or the day changes", () => {
    const messages = [message("a", "bot", 0), message("b", "bot", 1), message("c", "bot", 2, { delivery: "failed" }), message("d", "contact", 3)];
    const days = groupByDay(messages, (iso) => iso.slice(0, 10));
    expect(days).toHaveLength(1);
    expect(days[0]?.groups.map((group) => group.messages.map(({ id }) => id))).toEqual([["a", "b"], ["c"], ["d"]]);
  });

  test("search looks at name, phone digits and the last text", () => {
    const conversation = { contact: { id: "k", name: "Айжан С.", phone: "+77011234567", language: "kk" }, last_text: "Шымкентке" } as Parameters<typeof matchesSearch>[0];
    expect(matchesSearch(conversation, "айжан шымкент")).toBe(true);
    expect(matchesSearch(conversation, "7011234")).toBe(true);
    expect(matchesSearch(conversation, "тараз")).toBe(false);
  });
});

describe("records", () => {
  const t = (key: string) => key;
  const format = createFormat("en", t, "Asia/Almaty");
  const cell = (name: string, type: string, value: unknown) => cellOf({ name, type }, value, format, t).text.replace(/\u00a0/g, " ");

  test("values read by the type and name of their field", () => {
    expect(cell("price_kzt", "integer", 8000)).toBe("8,000 ₸");
    expect(cell("price_kzt", "decimal", "8000.50")).toBe("8,000.5 ₸");
    expect(cell("number", "integer", 1042)).toBe("1042");
    expect(cell("seats", "integer", 12000)).toBe("12,000");
    expect(cell("phone", "string", "+77011234567")).toBe("+7 701 123 45 67");
    expect(cell("departs_at", "datetime", "2026-03-14T03:00:00Z")).toBe("14 month.3 2026, 08:00".replace("14 month.3 2026", "date.dayMonthYear"));
    const status = { name: "status", type: "choice", choices: [{ value: "booked", title: "Booked" }] };
    expect(cellOf(status, "booked", format, t)).toEqual({ text: "Booked", kind: "choice" });
    expect(cellOf(status, "older", format, t)).toEqual({ text: "older", kind: "choice" });
    expect(cell("paid", "boolean", false)).toBe("record.no");
    expect(cell("preferences", "json", { a: 1 })).toBe('{"a":1}');
    expect(cell("comment", "text", null)).toBe("—");
  });

  test("pressing a column's title sorts rising, falling, not", () => {
    expect(nextSort(undefined, "a")).toBe("a");
    expect(nextSort("a", "a")).toBe("-a");
    expect(nextSort("-a", "a")).toBeUndefined();
    expect(nextSort("-b", "a")).toBe("a");
  });

  test("the fields that every record has come last, and the table leaves two out", () => {
    const fields = ["id", "number", "created_at", "phone", "updated_at"].map((name) => ({ name }));
    expect(orderFields(fields).map(({ name }) => name)).toEqual(["number", "phone", "created_at", "updated_at", "id"]);
    expect(tableFields(fields).map(({ name }) => name)).toEqual(["number", "created_at", "phone"]);
  });

  test("a record is named by its id, else its number, else its first value", () => {
    expect(recordKey({ id: 7, number: 1 }, [])).toBe("7");
    expect(recordKey({ number: 1042 }, [])).toBe("1042");
    expect(recordKey({ key: "hello" }, [{ name: "key" }])).toBe("hello");
  });
});

describe("runs and figures", () => {
  test("bars are laid from the first start to the last end", () => {
    const bars = layTimeline([
      { started_at: "2026-03-14T10:00:00.000Z", finished_at: "2026-03-14T10:00:00.500Z" },
      { started_at: "2026-03-14T10:00:00.500Z", finished_at: "2026-03-14T10:00:01.000Z" },
      { started_at: null, finished_at: null },
    ], 0);
    expect(bars).toEqual([
      { start: 0, width: 0.5, durationMs: 500 }, { start: 0.5, width: 0.5, durationMs: 500 }, { start: 0, width: 0, durationMs: null },
    ]);
  });

  test("today's figure is a floor when the page ends within today", () => {
    const now = new Date("2026-03-14T12:00:00Z");
    const same = (iso: string) => iso;
    expect(countToday(["2026-03-14T11:00:00Z", "2026-03-13T11:00:00Z"], same, "UTC", now, true)).toEqual({ count: 1, more: false });
    expect(countToday(["2026-03-14T11:00:00Z"], same, "UTC", now, true)).toEqual({ count: 1, more: true });
  });
});

describe("addresses", () => {
  test("empty values stay out of a request", () => {
    expect(apiAddress("/runs", { status: undefined, workflow: "", limit: 50 })).toBe("/api/v1/runs?limit=50");
  });

  test("the login leads only to addresses of this console", () => {
    expect(loginSearch({ next: "/runs?status=failed" })).toEqual({ next: "/runs?status=failed" });
    expect(loginSearch({ next: "//example.com" })).toEqual({});
    expect(loginSearch({ next: "/\\example.com" })).toEqual({});
    expect(loginSearch({ next: "https://example.com" })).toEqual({});
  });

  test("nonsense in an address is dropped", () => {
    expect(runsSearch({ status: "odd", workflow: 3 })).toEqual({ status: undefined, workflow: "3" });
    expect(recordsSearch({ page: "-2" }).page).toBeUndefined();
  });

  test("the token of a one-time link leaves the address at once", () => {
    const replaceState = vi.fn();
    expect(takeLinkToken({ pathname: "/login", search: "?token=abc&next=%2Fruns" }, { replaceState })).toBe("abc");
    expect(replaceState).toHaveBeenCalledWith(null, "", "/login?next=%2Fruns");
    expect(takeLinkToken({ pathname: "/runs", search: "?token=abc" }, { replaceState })).toBeNull();
  });
});

describe("live updates and keys", () => {
  test("an event makes stale only what it touches", () => {
    expect(staleKeys("message", { id: "m", conversation_id: "c" })).toEqual([["conversations"], ["conversation", "c"], ["messages", "c"]]);
    expect(staleKeys("run", { id: "r" })).toEqual([["runs"], ["run", "r"]]);
    expect(staleKeys("record", {})).toEqual([["collections"], ["records"]]);
  });

  test("the wait before a reconnection doubles up to half a minute", () => {
    expect([0, 1, 2, 10].map(reconnectWaitMs)).toEqual([1_000, 2_000, 4_000, 30_000]);
  });

  test("arrow keys stay within the list", () => {
    expect(nextIndex("arrowdown", -1, 3)).toBe(0);
    expect(nextIndex("j", 2, 3)).toBe(2);
    expect(nextIndex("arrowup", 0, 3)).toBe(0);
    expect(nextIndex("x", 0, 3)).toBeNull();
  });

  test("JSON is cut into names, texts, numbers and words without losing a letter", () => {
    const text = JSON.stringify({ a: 'q"1', b: [1.5, true, null] }, null, 2);
    const tokens = jsonTokens(text);
    expect(tokens.map((token) => token.text).join("")).toBe(text);
    expect(tokens.filter(({ kind }) => kind !== "plain").map(({ kind }) => kind)).toEqual(["name", "text", "name", "number", "word", "word"]);
  });

  test("initials are taken from names in any alphabet", () => {
    expect(initialsOf("Әсел Қуат")).toBe("ӘҚ");
    expect(initialsOf("+77011234567")).toBe("67");
  });
});

describe("actions of a run", () => {
  const named = (status: string, kind = "workflow") =>
    runActions({ status, kind, steps: [{ key: "a", status: "started" }] } as Parameters<typeof runActions>[0]).map(({ name }) => name);

  test("each status offers what makes sense in it", () => {
    expect(named("waiting")).toEqual(["resume", "cancel"]);
    expect(named("running")).toEqual(["cancel"]);
    expect(named("in_doubt")).toEqual(["happened", "again", "giveUp", "cancel"]);
    expect(named("failed")).toEqual(["retryStep", "retryStepNew", "retryStart", "retryStartNew"]);
    expect(named("succeeded")).toEqual(["retryStart", "retryStartNew"]);
  });

  test("a bot's turn is given up or cancelled, never begun anew", () => {
    expect(named("in_doubt", "turn")).toEqual(["giveUp", "cancel"]);
    expect(named("failed", "turn")).toEqual([]);
  });

  test("a decision names the step that is in doubt", () => {
    const [first] = runActions({ status: "in_doubt", kind: "workflow", steps: [{ key: "a", status: "succeeded" }, { key: "b", status: "started" }] });
    expect(first?.change).toEqual({ do: "decide", body: { decision: "happened", step: "b" } });
  });
});
