/** Texts of the interface: find one by key, choose the plural form, put the values in. */
import type english from "./en.json";

export const LANGUAGES = ["kk", "ru", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

export type Texts = Record<string, string>;
type WholeKey = keyof typeof english;
/** `runs.items` stands for `runs.items_one`, `runs.items_other` and so on. */
type PluralKey<K> = K extends `${infer Stem}_other` ? Stem : never;
export type TextKey = Exclude<WholeKey, `${string}_${"one" | "few" | "many" | "other"}`> | PluralKey<WholeKey>;
export type TextValues = Record<string, string | number>;
export type Translate = (key: TextKey, values?: TextValues) => string;

/** Plural categories that each language uses for whole numbers; a plural text needs all of them. */
export const PLURAL_FORMS: Record<Language, readonly string[]> = {
  kk: ["other"], // after a number a Kazakh noun stays singular
  ru: ["one", "few", "many"],
  en: ["one", "other"],
};

function pluralForm(language: Language, count: number): string {
  if (language === "kk") return "other";
  const form = new Intl.PluralRules(language).select(count);
  return PLURAL_FORMS[language].includes(form) ? form : (PLURAL_FORMS[language].at(-1) ?? "other");
}

/** Return the text of a key; the key itself when nobody wrote the text. */
export function translate(texts: Texts, language: Language, key: string, values: TextValues = {}): string {
  const count = values.count;
  const plural = typeof count === "number" ? texts[`${key}_${pluralForm(language, count)}`] : undefined;
  const text = plural ?? texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Choose the language: the one kept from before, else the browser's first that the console speaks. */
export function chooseLanguage(kept: string | null, browser: readonly string[]): Language {
  const wanted = [kept ?? "", ...browser].map((tag) => tag.slice(0, 2).toLowerCase().replace("kz", "kk"));
  return wanted.map(asLanguage).find((language) => language !== null) ?? "en";
}

function asLanguage(tag: string): Language | null {
  return LANGUAGES.find((language) => language === tag) ?? null;
}
