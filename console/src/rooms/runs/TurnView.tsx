/** What a turn of a bot heard and what it answered. */
import { IconHandClick } from "@tabler/icons-react";
import type { Turn } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import classes from "./TurnView.module.css";

export function TurnView({ turn }: { turn: Turn }) {
  const { t } = useLanguage();
  return (
    <div className={classes.turn} data-testid="turn">
      <section aria-label={t("run.heard")}>
        <h2>{t("run.heard")}</h2>
        {turn.messages.map(({ text, value }, index) => (
          <p key={index} className={classes.bubble}>
            {text === null && <IconHandClick size={15} stroke={1.7} role="img" aria-label={t("conversation.pressed")} />}
            <span dir="auto">{text ?? value ?? t("conversation.noText")}</span>
          </p>
        ))}
      </section>
      <section aria-label={t("run.answered")}>
        <h2>{t("run.answered")}</h2>
        {turn.replies.length === 0 && <p className={classes.none}>{t("run.noReply")}</p>}
        {turn.replies.map(({ text, buttons }, index) => (
          <div key={index} className={classes.reply}>
            <p className={classes.bubble}>
              <span dir="auto">{text}</span>
            </p>
            {buttons.length > 0 && (
              <ul aria-label={t("conversation.buttons")}>
                {buttons.map(({ label, value }) => (
                  <li key={value} title={value}>
                    {label}
                  </li>
                ))}
              </ul>
            )}
          </div>
        ))}
      </section>
    </div>
  );
}
