/** Others who are perhaps the same person, and what was merged, each to be taken apart again. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { contactQuery } from "../../api/contacts";
import type { Contact, ContactMerge } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Card } from "./Card";
import classes from "./ContactPage.module.css";
import { useContactDesk } from "./desk";
import { personName } from "./person";

export function Merges({ person }: { person: Contact }) {
  const { t } = useLanguage();
  return (
    <>
      {person.same_phone.length > 0 && (
        <Card title={t("merge.samePhone")}>
          <ul className={classes.rows} data-testid="same-phone">
            {person.same_phone.map((id) => (
              <Same key={id} person={person} id={id} />
            ))}
          </ul>
        </Card>
      )}
      {person.merges.length > 0 && (
        <Card title={t("merge.title")}>
          <ul className={classes.rows} data-testid="merges">
            {person.merges.map((merge) => (
              <Merged key={merge.id} person={person} merge={merge} />
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

function Same({ person, id }: { person: Contact; id: string }) {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const other = useQuery(contactQuery(projectId, id)).data;
  const desk = useContactDesk(person.id);
  return (
    <li>
      <Link to="/contacts/$contactId" params={{ contactId: id }}>
        {other ? personName(other, t, format) : id.slice(0, 8)}
      </Link>
      <code>{other?.accounts.map(({ channel }) => channel).join(", ")}</code>
      {useMayWrite() && (
        <Button
          size="compact-xs"
          variant="light"
          ml="auto"
          loading={desk.isPending}
          onClick={() => desk.mutate({ do: "merge", body: { other: id } })}
        >
          {t("merge.do")}
        </Button>
      )}
      {desk.error && <ProblemNotice error={desk.error} />}
    </li>
  );
}

function Merged({ person, merge }: { person: Contact; merge: ContactMerge }) {
  const { t, format } = useLanguage();
  const desk = useContactDesk(person.id);
  const mayWrite = useMayWrite();
  return (
    <li>
      <code>{merge.other.slice(0, 8)}</code>
      <span className={classes.source}>
        {format.dateTime(merge.merged_at)}
        {merge.undone_at && ` · ${t("merge.undone", { time: format.dateTime(merge.undone_at) })}`}
      </span>
      {mayWrite && !merge.undone_at && (
        <Button
          size="compact-xs"
          variant="default"
          ml="auto"
          loading={desk.isPending}
          onClick={() => desk.mutate({ do: "undo", merge: merge.id })}
        >
          {t("merge.undo")}
        </Button>
      )}
      {desk.error && <ProblemNotice error={desk.error} />}
    </li>
  );
}
