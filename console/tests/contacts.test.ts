/** The pure parts of Contacts: only what a form changed is sent, and typed values keep their kind. */
import { describe, expect, test } from "vitest";
import { staleKeys } from "../src/api/live";
import type { Contact } from "../src/api/types";
import { contactsSearch } from "../src/app/search";
import { changesOf, eraseWord, fieldChanges, fieldRows, formOf, readValue } from "../src/rooms/contacts/person";

const person: Contact = {
  id: "0c5d7a1e-1f52-4a0b-9a57-6f2c1d6e7b10", name: "Aigul", phone: "+77015556677", phone_verified: false, language: "kk",
  tags: ["regular"], created_at: "2026-03-14T10:00:00Z", phone_verified_at: null, phone_verified_by: null,
  fields: { seat: "window", trips: 12, vip: true }, accounts: [], consents: [], consent_history: [], merges: [], same_phone: [],
};

describe("a person's form", () => {
  test("what nobody touched is not sent", () => {
    expect(changesOf(person, formOf(person))).toEqual({});
  });

  test("what was emptied is taken away, and spaces around a value are none of it", () => {
    const form = { ...formOf(person), name: " Aigul S. ", phone: " ", language: null, tags: [] };
    expect(changesOf(person, form)).toEqual({ name: "Aigul S.", phone: null, language: null, tags: [] });
  });
});

describe("own fields", () => {
  test("a value keeps its kind as long as it reads as one", () => {
    expect(readValue("13", 12)).toBe(13);
    expect(readValue("many", 12)).toBe("many");
    expect(readValue("false", true)).toBe(false);
    expect(readValue("007")).toBe("007");
  });

  test("new, other and removed fields are told, others are not", () => {
    const rows = fieldRows(person.fields).filter(([name]) => name !== "vip");
    expect(fieldChanges(person.fields, rows)).toEqual({ vip: null });
    expect(fieldChanges(person.fields, [...fieldRows(person.fields), ["city", "Taraz"], ["", "nothing"]])).toEqual({ city: "Taraz" });
  });
});

test("a person is erased by their name, else their phone, else the beginning of their id", () => {
  expect(eraseWord(person)).toBe("Aigul");
  expect(eraseWord({ ...person, name: " " })).toBe("+77015556677");
  expect(eraseWord({ ...person, name: null, phone: null })).toBe("0c5d7a1e");
});

test("an event about a contact makes the list and the page stale", () => {
  expect(staleKeys("contact", { id: person.id })).toEqual([["contacts"], ["contact"]]);
});

test("the address keeps a search and a tag, and nothing else", () => {
  expect(contactsSearch({ q: "aigul", tag: "vip", page: "2" })).toEqual({ q: "aigul", tag: "vip" });
});
