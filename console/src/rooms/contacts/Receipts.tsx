/** All receipts of erasures, the newest first. */
import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { receiptsQuery } from "../../api/contacts";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./ContactsRoom.module.css";
import { Receipt } from "./Receipt";

export function Receipts() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const [opened, setOpened] = useState(false);
  const { data, error } = useQuery({ ...receiptsQuery(projectId), enabled: opened });
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {t("erasure.receipts")}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t("erasure.receipts")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {error && <ProblemNotice error={error} />}
        {data?.items.length === 0 && <p>{t("erasure.receiptsEmpty")}</p>}
        <ul className={classes.receipts} aria-label={t("erasure.receipts")}>
          {data?.items.map((receipt) => (
            <li key={receipt.receipt_id}>
              <Receipt receipt={receipt} />
            </li>
          ))}
        </ul>
      </Modal>
    </>
  );
}
