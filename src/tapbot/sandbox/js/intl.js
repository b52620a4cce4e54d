// Intl for QuickJS, which has none (first form: English numbers and no formats).
globalThis.Intl = {
  DateTimeFormat: class DateTimeFormat {
    resolvedOptions() { return { locale: "en-US", numberingSystem: "latn", calendar: "gregory", timeZone: "UTC" }; }
    format(date) { return String(date); }
    formatToParts() { return []; }
  },
  NumberFormat: class NumberFormat { format(n) { return String(n); } resolvedOptions() { return { locale: "en-US" }; } },
};
