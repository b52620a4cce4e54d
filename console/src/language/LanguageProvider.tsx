/** Gives every component the texts and formats of the chosen language. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { askTitlesIn } from "../api/client";
import { createFormat, type Format } from "./format";
import { loadTexts } from "./load";
import { translate, type Language, type Texts, type Translate } from "./translate";

const KEPT_AS = "tapbot-language";

export interface LanguageValue {
  language: Language;
  setLanguage: (language: Language) => void;
  t: Translate;
  format: Format;
  setZone: (zone: string) => void;
}

const LanguageContext = createContext<LanguageValue | null>(null);

interface Props {
  first: Language;
  firstTexts: Texts;
  children: ReactNode;
}

export function LanguageProvider({ first, firstTexts, children }: Props) {
  const [current, setCurrent] = useState({ language: first, texts: firstTexts });
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const { language, texts } = current;

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const setLanguage = useCallback((next: Language) => {
    void loadTexts(next).then((loaded) => {
      askTitlesIn(next);
      keepLanguage(next);
      setCurrent({ language: next, texts: loaded });
    });
  }, []);

  const value = useMemo<LanguageValue>(() => {
    const t: Translate = (key, values) => translate(texts, language, key, values);
    return { language, setLanguage, t, format: createFormat(language, t, zone), setZone };
  }, [language, texts, zone, setLanguage]);

  return <LanguageContext value={value}>{children}</LanguageContext>;
}

/** Texts and formats of the chosen language. */
export function useLanguage(): LanguageValue {
  const value = useContext(LanguageContext);
  if (!value) throw new Error("useLanguage is called outside LanguageProvider.");
  return value;
}

/** The language kept from an earlier visit, if storage is allowed. */
export function keptLanguage(): string | null {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}

function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(KEPT_AS, language);
  } catch {
    // Storage may be forbidden: the choice holds until the page is closed.
  }
}
