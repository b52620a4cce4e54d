/** Esc leads back to the list, unless something lies above the page or a field is being typed in. */
import { useEffect, useRef } from "react";
import { isTyping } from "./shortcuts";

const LAYERS = "[role=dialog], [role=menu], [role=listbox]";

export function useEscape(leave: (() => void) | undefined): void {
  const current = useRef(leave);
  useEffect(() => {
    current.current = leave;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isTyping(event.target)) return;
      const layers = [...document.querySelectorAll<HTMLElement>(LAYERS)];
      if (!layers.some((layer) => layer.checkVisibility())) current.current?.();
    };
    // Captured, so that a drawer that closes on the same key is still there to be seen.
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, []);
}
