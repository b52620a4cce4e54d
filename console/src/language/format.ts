/**
 * Dates, durations, numbers, money and phones as people read them.
 *
 * Month names come from our own texts: Chromium's builds carry no Kazakh ones ("2026 M11 23").
 */
import type { Language, TextKey, Translate } from "./translate";

export interface Format {
  zone: string;
  /** Shortest useful form: "14:32" today, "yesterday 14:32", "21 Nov", "21 Nov 2024". */
  moment: (iso: string | null, now?: Date) => string;
  dateTime: (iso: string | null) => string;
  exact: (iso: string | null) => string;
  /** "14:32:07.120" */
  clock: (iso: string | null) => string;
  date: (iso: string | null) => string;
  time: (iso: string | null) => string;
  day: (iso: string, now?: Date) => string;
  duration: (milliseconds: number | null) => string;
  number: (value: number) => string;
  /** "340 KB", "2.4 MB": decimal units, as phones show them. */
  bytes: (value: number) => string;
  money: (amount: number, currency: string) => string;
  phone: (value: string) => string;
}

const MISSING = "—";
const NO_BREAK_SPACE = "\u00a0";
const UNITS = { en: ["B", "KB", "MB", "GB"], ru: ["Б", "КБ", "МБ", "ГБ"] };
const SIGNS: Record<string, string> = { KZT: "₸", RUB: "₽", USD: "$", EUR: "€", KGS: "сом", UZS: "soʻm" };

interface ZonedParts {
  year: number;
  month: number;
  day: number;
  hour: string;
  minute: string;
  second: string;
}

/** Split an instant into its parts in a time zone. */
export function zonedParts(moment: Date, zone: string): ZonedParts {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(moment);
  const value = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return {
    year: Number(value("year")),
    month: Number(value("month")),
    day: Number(value("day")),
    hour: value("hour"),
    minute: value("minute"),
    second: value("second"),
  };
}

/** Number of whole calendar days from `earlier` to `later` in a time zone. */
export function daysBetween(earlier: Date, later: Date, zone: string): number {
  const [a, b] = [zonedParts(earlier, zone), zonedParts(later, zone)];
  return Math.round((Date.UTC(b.year, b.month - 1, b.day) - Date.UTC(a.year, a.month - 1, a.day)) / 86_400_000);
}

/** Group the digits of a phone in international form; anything else stays as it is. */
export function formatPhone(value: string): string {
  const kazakhOrRussian = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(value.replace(/[\s()-]/g, ""));
  return kazakhOrRussian ? `+7 ${kazakhOrRussian.slice(1).join(" ")}` : value;
}

export function formatNumber(value: number, language: Language): string {
  // Kazakh groups digits as Russian does; builds of Chromium know only the latter.
  return new Intl.NumberFormat(language === "en" ? "en" : "ru", { maximumFractionDigits: 6 }).format(value);
}

/** A size in the unit in which people think of it. */
export function formatBytes(bytes: number, language: Language): string {
  const units = UNITS[language === "en" ? "en" : "ru"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const shown = bytes / 1000 ** power;
  return `${formatNumber(Number(shown.toFixed(shown < 10 ? 1 : 0)), language)}${NO_BREAK_SPACE}${units[power]}`;
}

export function formatMoney(amount: number, currency: string, language: Language): string {
  const sign = SIGNS[currency.toUpperCase()] ?? currency.toUpperCase();
  const number = formatNumber(amount, language);
  return language === "en" && sign.length === 1 && sign !== "₸" ? `${sign}${number}` : `${number}\u00a0${sign}`;
}

/** "8 ms", "1.2 s", "3 min 4 s", "2 h 5 min". */
export function formatDuration(milliseconds: number, t: Translate, language: Language): string {
  const unit = (value: number | string, key: TextKey) => `${value}${NO_BREAK_SPACE}${t(key)}`;
  if (milliseconds < 1000) return unit(Math.round(milliseconds), "unit.ms");
  if (milliseconds < 59_950) {
    const seconds = milliseconds / 1000;
    return unit(formatNumber(Number(seconds.toFixed(seconds < 10 ? 1 : 0)), language), "unit.s");
  }
  const allMinutes = Math.floor(milliseconds / 60_000);
  if (allMinutes < 60) {
    return [unit(allMinutes, "unit.min"), unit(Math.floor((milliseconds % 60_000) / 1000), "unit.s")].join(" ");
  }
  const hours = Math.floor(allMinutes / 60);
  if (hours < 48) return [unit(hours, "unit.h"), unit(allMinutes % 60, "unit.min")].join(" ");
  return [unit(Math.floor(hours / 24), "unit.d"), unit(hours % 24, "unit.h")].join(" ");
}

/** Parse an ISO moment; one without a zone is taken for UTC. */
export function parseMoment(iso: string | null): Date | null {
  if (!iso) return null;
  const zoned = /([zZ]|[+-]\d{2}:?\d{2})$/.test(iso) || !iso.includes("T") ? iso : `${iso}Z`;
  const moment = new Date(zoned);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

/** Bind all formats to a language and a time zone. */
export function createFormat(language: Language, t: Translate, zone: string): Format {
  const month = (value: number) => t(`month.${value}` as TextKey);
  const shown = (iso: string | null, show: (parts: ZonedParts, moment: Date) => string) => {
    const moment = parseMoment(iso);
    return moment ? show(zonedParts(moment, zone), moment) : (iso ?? MISSING);
  };
  const hourMinute = (parts: ZonedParts) => `${parts.hour}:${parts.minute}`;
  const dayMonth = (parts: ZonedParts) => t("date.dayMonth", { day: parts.day, month: month(parts.month) });
  const full = (parts: ZonedParts) =>
    t("date.dayMonthYear", { day: parts.day, month: month(parts.month), year: parts.year });
  const dayOf = (parts: ZonedParts, moment: Date, now: Date) => {
    const days = daysBetween(moment, now, zone);
    if (days === 0) return t("date.today");
    if (days === 1) return t("date.yesterday");
    if (days === -1) return t("date.tomorrow");
    return parts.year === zonedParts(now, zone).year ? dayMonth(parts) : full(parts);
  };
  return {
    zone,
    moment: (iso, now = new Date()) =>
      shown(iso, (parts, moment) => {
        const days = daysBetween(moment, now, zone);
        if (days === 0) return hourMinute(parts);
        return Math.abs(days) === 1 ? `${dayOf(parts, moment, now)}, ${hourMinute(parts)}` : dayOf(parts, moment, now);
      }),
    dateTime: (iso) => shown(iso, (parts) => `${full(parts)}, ${hourMinute(parts)}`),
    exact: (iso) => shown(iso, (parts) => `${full(parts)}, ${hourMinute(parts)}:${parts.second} (${zone})`),
    clock: (iso) => shown(iso, (parts, moment) => `${hourMinute(parts)}:${parts.second}.${String(moment.getUTCMilliseconds()).padStart(3, "0")}`),
    date: (iso) => (iso && /^\d{4}-\d{2}-\d{2}$/.test(iso) ? createFormat(language, t, "UTC").date(`${iso}T00:00:00Z`) : shown(iso, full)),
    time: (iso) => shown(iso, hourMinute),
    day: (iso, now = new Date()) => shown(iso, (parts, moment) => dayOf(parts, moment, now)),
    duration: (milliseconds) => (milliseconds === null ? MISSING : formatDuration(milliseconds, t, language)),
    number: (value) => formatNumber(value, language),
    bytes: (value) => formatBytes(value, language),
    money: (amount, currency) => formatMoney(amount, currency, language),
    phone: formatPhone,
  };
}
