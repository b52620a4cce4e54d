/** The forms about a person: name, phone, language and tags; and how a phone is known to be theirs. */
import { Button, Select, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Contact } from "../../api/types";
import { LANGUAGE_NAMES } from "../../app/Switches";
import { useLanguage } from "../../language/LanguageProvider";
import { LANGUAGES } from "../../language/translate";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./ContactPage.module.css";
import { useContactDesk } from "./desk";
import { changesOf, formOf } from "./person";

interface Props {
  person: Contact;
  onDone: () => void;
}

export function ChangePerson({ person, onDone }: Props) {
  const { t } = useLanguage();
  const [form, setForm] = useState(() => formOf(person));
  const desk = useContactDesk(person.id, onDone);
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        desk.mutate({ do: "change", body: changesOf(person, form) });
      }}
    >
      <TextInput
        data-autofocus
        label={t("contact.name")}
        value={form.name}
        onChange={(event) => setForm({ ...form, name: event.currentTarget.value })}
        maxLength={200}
      />
      <TextInput
        label={t("contact.phone")}
        type="tel"
        value={form.phone}
        onChange={(event) => setForm({ ...form, phone: event.currentTarget.value })}
        maxLength={100}
      />
      <Select
        label={t("contact.language")}
        data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
        value={form.language}
        onChange={(language) => setForm({ ...form, language })}
        clearable
        clearButtonProps={{ "aria-label": t("action.clear") }}
      />
      <TagsInput
        label={t("desk.tags")}
        placeholder={t("desk.tagsHint")}
        value={form.tags}
        onChange={(tags) => setForm({ ...form, tags })}
        maxTags={20}
      />
      {desk.error && <ProblemNotice error={desk.error} />}
      <Button type="submit" loading={desk.isPending}>
        {t("desk.save")}
      </Button>
    </form>
  );
}

export function VerifyPhone({ person, onDone }: Props) {
  const { t } = useLanguage();
  const [phone, setPhone] = useState(person.phone ?? "");
  const [source, setSource] = useState("");
  const desk = useContactDesk(person.id, onDone);
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        desk.mutate({ do: "phone", body: { phone: phone.trim(), source: source.trim() } });
      }}
    >
      <TextInput
        label={t("contact.phone")}
        type="tel"
        value={phone}
        onChange={(event) => setPhone(event.currentTarget.value)}
        maxLength={100}
        required
      />
      <TextInput
        data-autofocus
        label={t("contact.verifySource")}
        value={source}
        onChange={(event) => setSource(event.currentTarget.value)}
        maxLength={100}
        required
      />
      {desk.error && <ProblemNotice error={desk.error} />}
      <Button type="submit" loading={desk.isPending} disabled={!phone.trim() || !source.trim()}>
        {t("contact.verify")}
      </Button>
    </form>
  );
}
