/** The list of keys, opened with `?`. */
import { Modal } from "@mantine/core";
import { useLanguage } from "../language/LanguageProvider";
import { PLACES } from "./places";
import classes from "./ShortcutsHelp.module.css";

export function ShortcutsHelp({ onClose }: { onClose: () => void }) {
  const { t } = useLanguage();
  const rows: [string, string][] = [
    ["⌘K / Ctrl K", t("shortcuts.palette")],
    ...PLACES.map(({ key, label }): [string, string] => [`g ${key}`, t(label)]),
    ["/", t("shortcuts.search")],
    ["↑ ↓ / j k", t("shortcuts.list")],
    ["Enter", t("shortcuts.open")],
    ["Esc", t("shortcuts.close")],
    ["?", t("shortcuts.title")],
  ];
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("shortcuts.title")}
      size="sm"
      centered
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <dl className={classes.keys}>
        {rows.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>{meaning}</dt>
            <dd>
              <kbd>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
