/** A round with a person's initials, coloured by the name; a figure while there is no name. */
import { IconUser } from "@tabler/icons-react";
import classes from "./Portrait.module.css";

const HUES = 6;

/** First letters of the first two words, or of a phone its last two digits. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /\p{L}/u.test(word));
  if (words.length === 0) return name.replace(/\D/g, "").slice(-2) || "?";
  return words.slice(0, 2).map((word) => [...word][0]?.toUpperCase() ?? "").join("");
}

function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}

interface Props {
  /** Name, e-mail or phone. */
  name: string | null;
  /** What colours the round of somebody without a name. */
  id?: string;
  size?: number;
}

export function Portrait({ name, id = "", size = 36 }: Props) {
  return (
    <span
      className={classes.portrait}
      data-hue={hueOf(name ?? id)}
      style={{ width: size, height: size, fontSize: size * 0.38 }}
      aria-hidden
    >
      {name ? initialsOf(name) : <IconUser size={size * 0.5} stroke={1.8} />}
    </span>
  );
}
