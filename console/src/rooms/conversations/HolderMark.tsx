/** Who answers in a conversation: shown when it is not the bot. */
import type { Holder } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { Pill } from "../../ui/StatusPill";
import { reasonText } from "./desk";

const TONES = { human: "warn", approval: "busy", closed: "calm" } as const;

export function HolderMark({ holder, reason }: { holder: Holder; reason: string | null }) {
  const { t } = useLanguage();
  if (holder === "bot") return null;
  return (
    <span title={reason ? reasonText(reason, t) : undefined}>
      <Pill tone={TONES[holder]}>{t(`holder.${holder}`)}</Pill>
    </span>
  );
}
