/** Erase a person for good: what would go, a word to type, and the receipt. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { eraseContact, erasurePreviewQuery } from "../../api/contacts";
import type { Contact, ErasurePreview, ErasureReceipt } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./Erasure.module.css";
import { eraseWord } from "./person";
import { Receipt } from "./Receipt";

interface Props {
  person: Contact;
  onErased: (receipt: ErasureReceipt) => void;
}

export function Erasure({ person, onErased }: Props) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const [typed, setTyped] = useState("");
  const preview = useQuery(erasurePreviewQuery(projectId, person.id));
  const erase = useMutation({ mutationFn: () => eraseContact(projectId, person.id), onSuccess: onErased });
  const word = eraseWord(person);
  const sure = typed.trim() === word;
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (sure && preview.data) erase.mutate();
      }}
    >
      <p>{t("erasure.tells")}</p>
      {preview.error && <ProblemNotice error={preview.error} onRetry={() => void preview.refetch()} />}
      {preview.data && <Preview preview={preview.data} />}
      <TextInput
        data-autofocus
        label={t("erasure.confirm", { word })}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
      />
      {erase.error && <ProblemNotice error={erase.error} />}
      <Button type="submit" fullWidth color="red.9" disabled={!sure || !preview.data} loading={erase.isPending}>
        {t("erasure.do")}
      </Button>
    </form>
  );
}

function Preview({ preview }: { preview: ErasurePreview }) {
  const { t, format } = useLanguage();
  const rows: [string, number][] = [
    [t("contact.channels"), preview.contacts],
    [t("conversations.title"), preview.conversations],
    [t("conversation.messages"), preview.messages],
    [t("runs.title"), preview.runs],
    [t("approvals.title"), preview.approvals],
    ...Object.entries(preview.records).map(([name, count]): [string, number] => [`${t("records.title")}: ${name}`, count]),
  ];
  return (
    <dl className={classes.preview} data-testid="erasure-preview">
      {rows.map(([name, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{format.number(count)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What is left of a person: the receipt. */
export function Erased({ receipt, onLeave }: { receipt: ErasureReceipt; onLeave: () => void }) {
  const { t } = useLanguage();
  const answers = useQueryClient();
  const leave = () => {
    answers.removeQueries({ queryKey: ["contact"] });
    for (const name of ["contacts", "conversations", "contact-erasures"]) void answers.invalidateQueries({ queryKey: [name] });
    onLeave();
  };
  return (
    <div className={classes.form}>
      <p>{t("erasure.done")}</p>
      <Receipt receipt={receipt} />
      <Button fullWidth data-autofocus onClick={leave}>
        {t("action.back")}
      </Button>
    </div>
  );
}
