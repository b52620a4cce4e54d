/** What a person agreed to, by purpose: the last word, and all that was said. */
import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Consent, Contact } from "../../api/types";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill } from "../../ui/StatusPill";
import { Card } from "./Card";
import classes from "./ContactPage.module.css";
import { useContactDesk } from "./desk";

export function Consents({ person }: { person: Contact }) {
  const { t } = useLanguage();
  return (
    <Card title={t("consent.title")} action={useMayWrite() && <NoteConsent person={person} />}>
      {person.consents.length === 0 && <p className={classes.quiet}>{t("consent.none")}</p>}
      <ul className={classes.rows} aria-label={t("consent.title")} data-testid="consents">
        {person.consents.map((consent) => (
          <li key={consent.purpose}>
            <strong>{consent.purpose}</strong>
            <Said consent={consent} />
          </li>
        ))}
      </ul>
      {person.consent_history.length > person.consents.length && (
        <details className={classes.past}>
          <summary>{t("consent.history")}</summary>
          <ol>
            {person.consent_history.map((consent, index) => (
              <li key={index}>
                {consent.purpose}
                <Said consent={consent} />
              </li>
            ))}
          </ol>
        </details>
      )}
    </Card>
  );
}

function Said({ consent }: { consent: Consent }) {
  const { t, format } = useLanguage();
  return (
    <>
      <Pill tone={consent.granted ? "good" : "bad"}>{t(consent.granted ? "consent.given" : "consent.withdrawn")}</Pill>
      <span className={classes.source}>{consent.source}</span>
      <time dateTime={consent.at}>{format.dateTime(consent.at)}</time>
    </>
  );
}

function NoteConsent({ person }: { person: Contact }) {
  const { t } = useLanguage();
  const [opened, setOpened] = useState(false);
  const [purpose, setPurpose] = useState("marketing");
  const [source, setSource] = useState("");
  const [granted, setGranted] = useState(true);
  const desk = useContactDesk(person.id, () => setOpened(false));
  const open = () => {
    desk.reset();
    setSource("");
    setOpened(true);
  };
  return (
    <>
      <Button size="xs" variant="default" onClick={open}>
        {t("consent.note")}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        centered
        title={t("consent.note")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault();
            desk.mutate({ do: "consents", body: { purpose: purpose.trim(), granted, source: source.trim() } });
          }}
        >
          <TextInput
            label={t("consent.purpose")}
            value={purpose}
            onChange={(event) => setPurpose(event.currentTarget.value)}
            maxLength={40}
            required
          />
          <SegmentedControl
            aria-label={t("consent.title")}
            value={granted ? "given" : "withdrawn"}
            onChange={(chosen) => setGranted(chosen === "given")}
            data={(["given", "withdrawn"] as const).map((value) => ({ value, label: t(`consent.${value}`) }))}
          />
          <TextInput
            data-autofocus
            label={t("consent.source")}
            value={source}
            onChange={(event) => setSource(event.currentTarget.value)}
            maxLength={100}
            required
          />
          {desk.error && <ProblemNotice error={desk.error} />}
          <Button type="submit" loading={desk.isPending} disabled={!source.trim()}>
            {t("desk.save")}
          </Button>
        </form>
      </Modal>
    </>
  );
}
