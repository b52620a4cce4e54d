/** The last look before a broadcast begins: now, or at a time. */
import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./BroadcastPage.module.css";
import { instantOf } from "./draft";
import { useStarting } from "./starting";

interface Props {
  id: string;
  onClose: () => void;
}

export function StartDialog({ id, onClose }: Props) {
  const { t } = useLanguage();
  const [later, setLater] = useState(false);
  const [typed, setTyped] = useState("");
  const { start } = useStarting(id, onClose);
  const at = later ? instantOf(typed) : null;
  return (
    <Modal opened onClose={onClose} centered title={t("broadcast.start")} closeButtonProps={{ "aria-label": t("action.close") }}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!later || at) start.mutate(at);
        }}
      >
        <p>{t("start.tells")}</p>
        <SegmentedControl
          aria-label={t("start.when")}
          value={later ? "later" : "now"}
          onChange={(when) => setLater(when === "later")}
          data={(["now", "later"] as const).map((value) => ({ value, label: t(`start.${value}`) }))}
        />
        {later && (
          <TextInput
            type="datetime-local"
            label={t("start.at")}
            description={t("start.zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            required
          />
        )}
        {start.error && <ProblemNotice error={start.error} />}
        <Button type="submit" fullWidth data-autofocus loading={start.isPending} disabled={later && !at}>
          {t("broadcast.start")}
        </Button>
      </form>
    </Modal>
  );
}
