/** The three languages say the same things, and dates, money and phones read right in each. */
import { describe, expect, test } from "vitest";
import { createFormat, daysBetween, formatMoney, formatPhone, parseMoment } from "../src/language/format";
import english from "../src/language/en.json";
import kazakh from "../src/language/kk.json";
import russian from "../src/language/ru.json";
import { LANGUAGES, PLURAL_FORMS, chooseLanguage, translate, type Language, type Texts, type Translate } from "../src/language/translate";

const TEXTS: Record<Language, Texts> = { kk: kazakh, ru: russian, en: english };
const PLURAL = /_(zero|one|two|few|many|other)$/;
const translator = (language: Language): Translate => (key, values) => translate(TEXTS[language], language, key, values);
const formats = (language: Language) => createFormat(language, translator(language), "Asia/Almaty");
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

function stems(texts: Texts): string[] {
  return [...new Set(Object.keys(texts).map((key) => key.replace(PLURAL, "#")))].sort();
}

function placeholders(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
}

describe("texts", () => {
  test.each(LANGUAGES)("%s has every key and no other", (language) => {
    expect(stems(TEXTS[language])).toEqual(stems(english));
  });

  test.each(LANGUAGES)("%s has all plural forms of its grammar and no other", (language) => {
    const plurals = stems(english).filter((stem) => stem.endsWith("#"));
    expect(plurals.length).toBeGreaterThan(0);
    for (const stem of plurals) {
      const name = stem.slice(0, -1);
      const forms = Object.keys(TEXTS[language]).filter((key) => key.replace(PLURAL, "#") === stem);
      expect(forms.sort()).toEqual(PLURAL_FORMS[language].map((form) => `${name}_${form}`).sort());
    }
  });

  test.each(LANGUAGES)("%s leaves no text empty and fills the same places", (language) => {
    for (const [key, text] of Object.entries(TEXTS[language])) {
      expect(text.trim(), key).not.toBe("");
      const twin = (english as Texts)[key] ?? (english as Texts)[key.replace(PLURAL, "_other")] ?? "";
      expect(placeholders(text), key).toEqual(placeholders(twin));
    }
  });

  test("Russian counts items by its three forms", () => {
    const t = translator("ru");
    expect([1, 3, 7, 21].map((count) => t("graph.items", { count }))).toEqual(["1 элемент", "3 элемента", "7 элементов", "21 элемент"]);
  });

  test("a kept language wins over the browser's, and kz is read as kk", () => {
    expect(chooseLanguage("ru", ["en-US"])).toBe("ru");
    expect(chooseLanguage(null, ["de", "kz-KZ"])).toBe("kk");
    expect(chooseLanguage(null, ["de"])).toBe("en");
  });
});

describe("formats", () => {
  const now = new Date("2026-03-14T20:30:00Z"); // 01:30 on the 15th in Almaty

  test("a moment is shown in the project's zone", () => {
    expect(formats("ru").moment("2026-03-14T19:10:00Z", now)).toBe("00:10");
    expect(formats("ru").moment("2026-03-14T10:00:00Z", now)).toBe("вчера, 15:00");
    expect(formats("kk").moment("2026-02-01T10:00:00Z", now)).toBe("1 ақп");
    expect(formats("en").moment("2025-02-01T10:00:00Z", now)).toBe("1 Feb 2025");
  });

  test("a day alone is not moved by the zone", () => {
    expect(formats("kk").date("2026-03-14")).toBe("2026 ж. 14 нау");
  });

  test("a moment without a zone is UTC, and nonsense stays as it is", () => {
    expect(parseMoment("2026-03-14T10:00:00")?.toISOString()).toBe("2026-03-14T10:00:00.000Z");
    expect(formats("en").dateTime("soon")).toBe("soon");
    expect(formats("en").dateTime(null)).toBe("—");
  });

  test("days are counted by the calendar of the zone", () => {
    expect(daysBetween(new Date("2026-03-14T18:59:00Z"), new Date("2026-03-14T19:01:00Z"), "Asia/Almaty")).toBe(1);
  });

  test("durations grow from milliseconds to days", () => {
    const { duration } = formats("en");
    expect([8, 1234, 42_000, 184_000, 7_500_000, 180_000_000].map((each) => plain(duration(each)))).toEqual([
      "8 ms", "1.2 s", "42 s", "3 min 4 s", "2 h 5 min", "2 d 2 h",
    ]);
    expect(duration(null)).toBe("—");
  });

  test("money and phones are grouped", () => {
    expect(plain(formatMoney(16000, "kzt", "kk"))).toBe("16 000 ₸");
    expect(formatMoney(1200, "usd", "en")).toBe("$1,200");
    expect(formatPhone("+77011234567")).toBe("+7 701 123 45 67");
    expect(formatPhone("112")).toBe("112");
  });
});
