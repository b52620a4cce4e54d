/** Keys that work everywhere: ⌘K or Ctrl+K, `?`, `g` followed by a room's key, and ↓ or j into the room's list. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { PLACES } from "./places";

const SECOND_KEY_MS = 1_200;

interface Actions {
  askPalette: () => void;
  askHelp: () => void;
}

/** Say whether a key pressed here belongs to what is being typed. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** The Latin letter on the pressed key, so that shortcuts work on a Cyrillic layout too. */
export function latinKey(event: { key: string; code: string }): string {
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key.toLowerCase();
}

/** Say whether this key should lead into the room's list: nothing in particular has the focus. */
function asksForList(key: string, target: EventTarget | null): boolean {
  const nowhere = target === document.body || (target instanceof HTMLElement && target.id === "room");
  return nowhere && (key === "arrowdown" || key === "j");
}

/** Focus the open entry of the room's first list, or its first entry; from there the list has its own keys. */
function enterList(event: Event): void {
  const entry =
    document.querySelector<HTMLElement>("#room [data-entry][aria-current]") ??
    document.querySelector<HTMLElement>("#room [data-entry]");
  if (!entry) return;
  event.preventDefault();
  entry.focus();
}

export function useShortcuts(actions: Actions): void {
  const navigate = useNavigate();
  const current = useRef(actions);
  useEffect(() => {
    current.current = actions;
  });

  useEffect(() => {
    let goPressedAt = 0;
    const onKey = (event: KeyboardEvent) => {
      const key = latinKey(event);
      const commanded = event.metaKey || event.ctrlKey;
      if (commanded && key === "k") {
        event.preventDefault();
        current.current.askPalette();
      }
      if (commanded || event.altKey || isTyping(event.target)) return;
      if (event.key === "?") current.current.askHelp();
      if (asksForList(key, event.target)) enterList(event);
      const place = PLACES.find((each) => each.key === key);
      if (place && event.timeStamp - goPressedAt < SECOND_KEY_MS) {
        goPressedAt = 0;
        event.preventDefault();
        void navigate({ to: place.to });
      } else if (key === "g") {
        goPressedAt = event.timeStamp;
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate]);
}
