/** Who answers in a conversation: shown when it is not the bot. */
import type { Holder } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { Pill } from "../../ui/StatusPill";

export function HolderMark({ holder, reason }: { holder: Holder; reason: string | null }) {
  const { t } = useLanguage();
  if (holder === "bot") return null;
  return (
    <span title={reason ?? undefined}>
      <Pill tone={holder === "human" ? "warn" : "busy"}>{t(`holder.${holder}`)}</Pill>
    </span>
  );
}
