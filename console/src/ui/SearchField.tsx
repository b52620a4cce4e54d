/** A search field: `/` jumps into it, Esc empties it, and typing is gathered before it is told. */
import { CloseButton, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { isTyping } from "../app/shortcuts";
import { useLanguage } from "../language/LanguageProvider";

const GATHER_MS = 250;

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

export function SearchField({ label, value, onChange }: Props) {
  const { t } = useLanguage();
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<number | undefined>(undefined);
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  if (told !== value) {
    setTold(value);
    setTyped(value);
  }

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const tell = (next: string, waitMs: number) => {
    setTyped(next);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setTold(next);
      onChange(next);
    }, waitMs);
  };
  return (
    <TextInput
      ref={input}
      type="search"
      role="searchbox"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(event) => tell(event.currentTarget.value, GATHER_MS)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        if (typed) tell("", 0);
        else input.current?.blur();
      }}
      leftSection={<IconSearch size={16} stroke={1.7} aria-hidden />}
      rightSection={typed && <CloseButton size="xs" aria-label={t("action.clear")} onClick={() => tell("", 0)} />}
    />
  );
}
