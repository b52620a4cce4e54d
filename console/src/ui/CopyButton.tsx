/** A button that copies a text and says so for a moment. */
import { ActionIcon, CopyButton as Copy, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useLanguage } from "../language/LanguageProvider";

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useLanguage();
  return (
    <Copy value={text} timeout={1500}>
      {({ copied, copy }) => {
        const name = copied ? t("action.copied") : (label ?? t("action.copy"));
        return (
          <Tooltip label={name}>
            <ActionIcon variant="subtle" color={copied ? "teal" : "gray"} size={26} onClick={copy} aria-label={name}>
              {copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} stroke={1.7} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        );
      }}
    </Copy>
  );
}
