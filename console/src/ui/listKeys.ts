/** Moving through a list with the arrow keys (or j and k); Enter follows the focused link by itself. */
import { useCallback, type KeyboardEvent } from "react";
import { latinKey } from "../app/shortcuts";

const STEPS: Record<string, number> = { arrowdown: 1, j: 1, arrowup: -1, k: -1 };
const ENTRY = "a[data-entry], button[data-entry], tr[data-entry]";

/** Give the index to go to from `current` in a list of `length` entries; `null` when the key is not for lists. */
export function nextIndex(key: string, current: number, length: number): number | null {
  if (length === 0) return null;
  if (key === "home") return 0;
  if (key === "end") return length - 1;
  const step = STEPS[key];
  if (step === undefined) return null;
  return Math.max(0, Math.min(length - 1, current + step));
}

export function useListKeys() {
  return useCallback((event: KeyboardEvent<HTMLElement>) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.target instanceof HTMLInputElement) return;
    const entries = [...event.currentTarget.querySelectorAll<HTMLElement>(ENTRY)];
    const current = entries.findIndex((entry) => entry === document.activeElement);
    const index = nextIndex(latinKey(event), current, entries.length);
    if (index === null) return;
    event.preventDefault();
    entries[index]?.focus();
    entries[index]?.scrollIntoView({ block: "nearest" });
  }, []);
}
