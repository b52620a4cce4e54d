/** One contact: who they are, what is known, what they agreed to, and what was said in all channels. */
import { Skeleton } from "@mantine/core";
import { IconRosetteDiscountCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { contactQuery } from "../../api/contacts";
import type { Contact } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { LANGUAGE_NAMES } from "../../app/Switches";
import { useLanguage } from "../../language/LanguageProvider";
import { LANGUAGES } from "../../language/translate";
import { ChannelMark } from "../../ui/ChannelMark";
import { CopyButton } from "../../ui/CopyButton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Card } from "./Card";
import { Consents } from "./Consents";
import { ContactActions } from "./ContactActions";
import classes from "./ContactPage.module.css";
import { Conversations } from "./Conversations";
import { Fields } from "./Fields";
import { Merges } from "./Merges";
import { personName } from "./person";

export function ContactPage() {
  const { contactId } = useParams({ from: "/inside/contacts/$contactId" });
  const { projectId } = useProject();
  const { data: person, error, refetch } = useQuery(contactQuery(projectId, contactId));
  if (person) return <Loaded key={person.id} person={person} />;
  return (
    <>
      <PageHeader title={error ? contactId : <Skeleton height={20} width={220} />} back="/contacts" />
      {error && (
        <div className={classes.notice}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
    </>
  );
}

function Loaded({ person }: { person: Contact }) {
  const { t, format } = useLanguage();
  return (
    <div data-testid="contact">
      <PageHeader back="/contacts" title={personName(person, t, format)} below={<Facts person={person} />}>
        <ContactActions person={person} />
      </PageHeader>
      <div className={classes.columns}>
        <div className={classes.column}>
          <Conversations person={person} />
          <Consents person={person} />
        </div>
        <div className={classes.column}>
          <Fields person={person} />
          <Accounts person={person} />
          <Merges person={person} />
        </div>
      </div>
    </div>
  );
}

function Facts({ person }: { person: Contact }) {
  const { t } = useLanguage();
  const language = LANGUAGES.find((each) => each === person.language);
  return (
    <dl className={classes.facts}>
      <Fact label={t("contact.phone")}>{person.phone ? <Phone person={person} phone={person.phone} /> : "—"}</Fact>
      <Fact label={t("contact.language")}>{language ? LANGUAGE_NAMES[language] : (person.language ?? "—")}</Fact>
      {person.tags.length > 0 && (
        <Fact label={t("desk.tags")}>
          <span className={classes.tags}>
            {person.tags.map((tag) => (
              <Link key={tag} to="/contacts" search={{ tag }}>
                {tag}
              </Link>
            ))}
          </span>
        </Fact>
      )}
    </dl>
  );
}

function Phone({ person, phone }: { person: Contact; phone: string }) {
  const { t, format } = useLanguage();
  const { phone_verified_by: by, phone_verified_at: at } = person;
  return (
    <span className={classes.phone}>
      <a href={`tel:${phone}`}>{format.phone(phone)}</a>
      <CopyButton text={phone} />
      {person.phone_verified ? (
        <span className={classes.verified} title={format.exact(at)}>
          <IconRosetteDiscountCheck size={16} stroke={1.8} aria-hidden />
          {t("contact.verifiedBy", { source: by ?? "" })}
        </span>
      ) : (
        <span>{t("contact.unverified")}</span>
      )}
    </span>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Accounts({ person }: { person: Contact }) {
  const { t, format } = useLanguage();
  return (
    <Card title={t("contact.channels")}>
      <ul className={classes.rows}>
        {person.accounts.map(({ id, channel, external_id, created_at }) => (
          <li key={id}>
            <ChannelMark channel={channel} named />
            <code title={external_id}>{external_id.length > 24 ? `${external_id.slice(0, 12)}…` : external_id}</code>
            <time dateTime={created_at}>{format.moment(created_at)}</time>
          </li>
        ))}
      </ul>
    </Card>
  );
}
