/** The pure parts of Broadcasts: what of a form is sent, how typed values are read, and how far one is. */
import { describe, expect, test } from "vitest";
import { staleKeys } from "../src/api/live";
import type { Broadcast } from "../src/api/types";
import { contentOf, draftOf, emptyDraft, ideaOf, inOrder, instantOf, isReady, onField, progressOf, readTyped } from "../src/rooms/broadcasts/draft";

const draft = {
  ...emptyDraft("taxi"),
  name: " Spring ",
  texts: { kk: "", ru: " Дешевле, {{name|друг}}! ", en: "  " },
  segment: [
    { field: "city", op: "in" as const, value: "almaty, taraz," },
    { field: "rides", op: "gte" as const, value: "3" },
    { field: "tags", op: "lacks" as const, value: "007" },
    { field: "phone", op: "nnull" as const, value: "left over" },
    { field: "seat", op: "eq" as const, value: " " },
    { field: " ", op: "eq" as const, value: "x" },
  ],
};

describe("what is sent of a form", () => {
  test("languages without a word and half conditions are left out", () => {
    expect(contentOf(draft)).toEqual({
      name: "Spring", bot: "taxi", purpose: "marketing", texts: { ru: "Дешевле, {{name|друг}}!" }, channels: [], template: null, unsubscribe: true,
      segment: [
        { field: "city", op: "in", value: ["almaty", "taraz"] },
        { field: "rides", op: "gte", value: 3 },
        { field: "tags", op: "lacks", value: "007" },
        { field: "phone", op: "nnull", value: null },
      ],
    });
    expect(ideaOf(draft)).not.toHaveProperty("name");
  });

  test("a draft is ready with a name, a purpose and words", () => {
    expect(isReady(draft)).toBe(true);
    expect(isReady({ ...draft, name: " " })).toBe(false);
    expect(isReady({ ...draft, purpose: "" })).toBe(false);
    expect(isReady(emptyDraft("taxi"))).toBe(false);
  });

  test("what was kept comes back as it was typed", () => {
    const kept = { ...contentOf(draft), id: "b1", status: "draft", starts_at: null, counted: 0, created_at: "2026-03-14T10:00:00Z", finished_at: null };
    expect(contentOf(draftOf(kept as Broadcast))).toEqual(contentOf(draft));
  });
});

describe("conditions", () => {
  test("own fields may be numbers or yes and no; what every contact has is text", () => {
    expect(readTyped("rides", "12.5")).toBe(12.5);
    expect(readTyped("vip", "true")).toBe(true);
    expect(readTyped("code", "007")).toBe("007");
    expect(readTyped("tags", "12")).toBe("12");
    expect(readTyped("created_at", "2026")).toBe("2026");
  });

  test("tags are had or lacked, and another field is compared again", () => {
    const on = onField({ field: "city", op: "gte", value: "x" }, "tags");
    expect(on.op).toBe("has");
    expect(onField(on, "city").op).toBe("eq");
    expect(onField({ ...on, op: "lt" }, "rides").op).toBe("lt");
  });
});

test("what waits is not through yet, and figures stand in the order of a message's life", () => {
  expect(progressOf({ messages: { queued: 3, sent: 5, failed: 1, held: 1 } })).toEqual({ through: 6, written: 10 });
  expect(inOrder({ erased: 1, failed: 2, sent: 3, queued: 4 }).map(([state]) => state)).toEqual(["queued", "sent", "failed", "erased"]);
});

test("a time that is none starts nothing", () => {
  expect(instantOf("")).toBeNull();
  expect(instantOf("tomorrow")).toBeNull();
  expect(instantOf("2026-03-14T10:00")).toMatch(/^2026-03-1[345]T\d\d:\d\d:00\.000Z$/);
});

test("an event about a broadcast makes the list and the page stale", () => {
  expect(staleKeys("broadcast", { id: "b1" })).toEqual([["broadcasts"], ["broadcast"]]);
});
