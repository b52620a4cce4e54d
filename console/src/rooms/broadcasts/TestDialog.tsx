/** Send a draft to one person: somebody who agreed, or has the tag `test`. */
import { Button, Modal } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { testBroadcast } from "../../api/broadcasts";
import { contactsQuery } from "../../api/contacts";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { Portrait } from "../../ui/Portrait";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { SearchField } from "../../ui/SearchField";
import classes from "./BroadcastPage.module.css";

const SHOWN = 20;

interface Props {
  id: string;
  onClose: () => void;
}

export function TestDialog({ id, onClose }: Props) {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const found = useInfiniteQuery(contactsQuery(projectId, { search: search || undefined }));
  // One key a press: an answer that was lost does not send it twice.
  const send = useMutation({ mutationFn: (contact: string) => testBroadcast(projectId, id, contact, crypto.randomUUID()) });
  const people = found.data?.pages[0]?.items.slice(0, SHOWN) ?? [];
  return (
    <Modal opened onClose={onClose} centered title={t("broadcast.test")} closeButtonProps={{ "aria-label": t("action.close") }}>
      <div className={classes.form}>
        <p>{t("test.tells")}</p>
        <SearchField label={t("contacts.search")} value={search} onChange={setSearch} />
        <ul className={classes.people} aria-label={t("contacts.title")}>
          {people.map((each) => (
            <li key={each.id}>
              <button type="button" aria-pressed={chosen === each.id} onClick={() => setChosen(each.id)}>
                <Portrait name={each.name ?? each.phone} id={each.id} size={30} />
                <span>
                  {each.name ?? (each.phone ? format.phone(each.phone) : each.id.slice(0, 8))}
                  {each.tags.length > 0 && <small>{each.tags.join(", ")}</small>}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {(send.error ?? found.error) && <ProblemNotice error={send.error ?? found.error} />}
        {send.isSuccess && (
          <p role="status" className={classes.good}>
            {t("test.sent")}
          </p>
        )}
        <Button fullWidth disabled={chosen === null} loading={send.isPending} onClick={() => chosen && send.mutate(chosen)}>
          {t("test.send")}
        </Button>
      </div>
    </Modal>
  );
}
