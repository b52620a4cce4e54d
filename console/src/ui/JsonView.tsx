/** JSON with coloured names and values, and a button to copy it. */
import { useMemo } from "react";
import { useLanguage } from "../language/LanguageProvider";
import { CopyButton } from "./CopyButton";
import { jsonTokens } from "./jsonTokens";
import classes from "./JsonView.module.css";

/** Beyond this, colours and even the layout cost the browser more than they give. */
const MOST_CHARACTERS = 60_000;

export function JsonView({ value, label }: { value: unknown; label: string }) {
  const { t } = useLanguage();
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? "null", [value]);
  const tokens = useMemo(() => jsonTokens(text.slice(0, MOST_CHARACTERS)), [text]);
  return (
    <figure className={classes.view} aria-label={label}>
      <div className={classes.copy}>
        <CopyButton text={text} />
      </div>
      <pre tabIndex={0}>
        {tokens.map(({ kind, text: part }, index) =>
          kind === "plain" ? (
            part
          ) : (
            <span key={index} data-kind={kind}>
              {part}
            </span>
          ),
        )}
      </pre>
      {text.length > MOST_CHARACTERS && <figcaption>{t("json.cut")}</figcaption>}
    </figure>
  );
}
