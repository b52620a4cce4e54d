/** A person's own fields, and the form that changes them. */
import { ActionIcon, Button, Modal, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Contact } from "../../api/types";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Card } from "./Card";
import classes from "./ContactPage.module.css";
import { useContactDesk } from "./desk";
import { fieldChanges, fieldRows } from "./person";

export function Fields({ person }: { person: Contact }) {
  const { t } = useLanguage();
  const fields = Object.entries(person.fields);
  return (
    <Card title={t("fields.title")} action={useMayWrite() && <ChangeFields person={person} />}>
      {fields.length === 0 && <p className={classes.quiet}>{t("fields.none")}</p>}
      {fields.length > 0 && (
        <dl className={classes.fields} data-testid="fields">
          {fields.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof value === "boolean" ? t(value ? "record.yes" : "record.no") : String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

function ChangeFields({ person }: { person: Contact }) {
  const { t } = useLanguage();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {t("fields.change")}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        centered
        title={t("fields.title")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <FieldsForm person={person} onDone={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function FieldsForm({ person, onDone }: { person: Contact; onDone: () => void }) {
  const { t } = useLanguage();
  const [rows, setRows] = useState(() => [...fieldRows(person.fields), ["", ""] as [string, string]]);
  const desk = useContactDesk(person.id, onDone);
  const put = (index: number, row: [string, string]) => setRows(rows.map((each, at) => (at === index ? row : each)));
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        desk.mutate({ do: "change", body: { fields: fieldChanges(person.fields, rows) } });
      }}
    >
      {rows.map(([name, value], index) => (
        <div key={index} className={classes.pair}>
          <TextInput
            aria-label={`${t("fields.name")} ${index + 1}`}
            placeholder={t("fields.name")}
            value={name}
            onChange={(event) => put(index, [event.currentTarget.value, value])}
            maxLength={40}
          />
          <TextInput
            aria-label={`${t("fields.value")} ${index + 1}`}
            placeholder={t("fields.value")}
            value={value}
            onChange={(event) => put(index, [name, event.currentTarget.value])}
            maxLength={1000}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("attachment.remove", { name: name || String(index + 1) })}
            onClick={() => setRows(rows.filter((_, at) => at !== index))}
          >
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      <Button variant="default" onClick={() => setRows([...rows, ["", ""]])}>
        {t("fields.add")}
      </Button>
      {desk.error && <ProblemNotice error={desk.error} />}
      <Button type="submit" loading={desk.isPending}>
        {t("desk.save")}
      </Button>
    </form>
  );
}
