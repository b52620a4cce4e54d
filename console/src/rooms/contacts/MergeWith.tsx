/** Choose another contact that is the same person. */
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contactsQuery } from "../../api/contacts";
import type { Contact } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { Portrait } from "../../ui/Portrait";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { SearchField } from "../../ui/SearchField";
import classes from "./ContactPage.module.css";
import { useContactDesk } from "./desk";
import { personName } from "./person";

const SHOWN = 20;

export function MergeWith({ person, onDone }: { person: Contact; onDone: () => void }) {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const [search, setSearch] = useState("");
  const [other, setOther] = useState<string | null>(null);
  const found = useInfiniteQuery(contactsQuery(projectId, { search: search || undefined }));
  const desk = useContactDesk(person.id, onDone);
  const others = found.data?.pages[0]?.items.filter(({ id }) => id !== person.id).slice(0, SHOWN) ?? [];
  return (
    <div className={classes.form}>
      <p>{t("merge.tells")}</p>
      <SearchField label={t("contacts.search")} value={search} onChange={setSearch} />
      <ul className={classes.found} aria-label={t("contacts.title")}>
        {others.map((each) => (
          <li key={each.id}>
            <button type="button" aria-pressed={other === each.id} onClick={() => setOther(each.id)}>
              <Portrait name={each.name ?? each.phone} id={each.id} size={30} />
              <span>
                {personName(each, t, format)}
                <small>{[each.phone && format.phone(each.phone), format.dateTime(each.created_at)].filter(Boolean).join(" · ")}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.data && others.length === 0 && <p>{t("contacts.noneFoundTitle")}</p>}
      {(desk.error ?? found.error) && <ProblemNotice error={desk.error ?? found.error} />}
      <Button
        fullWidth
        disabled={other === null}
        loading={desk.isPending}
        onClick={() => other && desk.mutate({ do: "merge", body: { other } })}
      >
        {t("merge.do")}
      </Button>
    </div>
  );
}
