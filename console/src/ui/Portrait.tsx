/** A round with a person's initials, coloured by the name. */
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

export function Portrait({ name, size = 36 }: { name: string; size?: number }) {
  return (
    <span
      className={classes.portrait}
      data-hue={hueOf(name)}
      style={{ width: size, height: size, fontSize: size * 0.38 }}
      aria-hidden
    >
      {initialsOf(name)}
    </span>
  );
}
