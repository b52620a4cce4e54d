/** People as rows: name, phone, tags and language. */
import { IconRosetteDiscountCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ContactCard } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { useListKeys } from "../../ui/listKeys";
import { Portrait } from "../../ui/Portrait";
import classes from "./ContactsRoom.module.css";
import { personName } from "./person";

export function ContactList({ contacts, label }: { contacts: ContactCard[]; label: string }) {
  const onListKey = useListKeys();
  return (
    <ul className={classes.list} aria-label={label} onKeyDown={onListKey} data-testid="contact-list">
      {contacts.map((contact) => (
        <li key={contact.id}>
          <Row contact={contact} />
        </li>
      ))}
    </ul>
  );
}

function Row({ contact }: { contact: ContactCard }) {
  const { t, format } = useLanguage();
  const { id, name, phone, phone_verified, tags, created_at } = contact;
  return (
    <Link to="/contacts/$contactId" params={{ contactId: id }} className={classes.row} data-entry>
      <Portrait name={name ?? phone} id={id} />
      <span className={classes.who}>
        <strong>{personName(contact, t, format)}</strong>
        {phone && (
          <span className={classes.phone}>
            {format.phone(phone)}
            {phone_verified && <IconRosetteDiscountCheck size={15} stroke={1.8} role="img" aria-label={t("contact.verified")} />}
          </span>
        )}
      </span>
      <span className={classes.tags}>
        {tags.map((tag) => (
          <span key={tag}>{tag}</span>
        ))}
      </span>
      <time dateTime={created_at} title={format.exact(created_at)}>
        {format.moment(created_at)}
      </time>
    </Link>
  );
}
