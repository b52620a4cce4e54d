/** Bring in the texts of one language; each is a file of its own, fetched when it is chosen. */
import type { Language, Texts } from "./translate";

const FILES: Record<Language, () => Promise<{ default: Texts }>> = {
  kk: () => import("./kk.json"),
  ru: () => import("./ru.json"),
  en: () => import("./en.json"),
};

export async function loadTexts(language: Language): Promise<Texts> {
  return (await FILES[language]()).default;
}
