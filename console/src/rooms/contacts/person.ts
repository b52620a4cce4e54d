/** The pure parts of Contacts: what a form changed, and values of own fields as they are typed. */
import type { Contact, ContactCard, ContactChange } from "../../api/types";
import type { Format } from "../../language/format";
import type { Translate } from "../../language/translate";

export type FieldValue = string | number | boolean;
type Change = Partial<ContactChange>;

/** What a form about a person holds. */
export interface PersonForm {
  name: string;
  phone: string;
  language: string | null;
  tags: string[];
}

/** What a person is called where no name is known. */
export function personName({ name, phone }: Pick<ContactCard, "name" | "phone">, t: Translate, format: Format): string {
  return name ?? (phone ? format.phone(phone) : t("contact.nameless"));
}

export function formOf({ name, phone, language, tags }: Contact): PersonForm {
  return { name: name ?? "", phone: phone ?? "", language, tags };
}

/** Only what differs: what somebody else changes meanwhile stays. */
export function changesOf(person: Contact, form: PersonForm): Change {
  const before = formOf(person);
  const change: Change = {};
  if (form.name.trim() !== before.name) change.name = form.name.trim() || null;
  if (form.phone.trim() !== before.phone) change.phone = form.phone.trim() || null;
  if (form.language !== before.language) change.language = form.language as Change["language"];
  if (form.tags.join("\n") !== before.tags.join("\n")) change.tags = form.tags;
  return change;
}

/** A typed text as the kind of value that stood there before, where it still reads as one; else as text. */
export function readValue(text: string, before?: unknown): FieldValue {
  const typed = text.trim();
  if (typeof before === "number" && typed !== "" && Number.isFinite(Number(typed))) return Number(typed);
  if (typeof before === "boolean" && (typed === "true" || typed === "false")) return typed === "true";
  return typed;
}

/** Own fields as rows of a form, by name. */
export function fieldRows(fields: Contact["fields"]): [name: string, value: string][] {
  return Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]);
}

/** What the rows change: new and other values, and `null` for each name that is gone. Rows without a name are nothing. */
export function fieldChanges(before: Contact["fields"], rows: [name: string, value: string][]): Record<string, FieldValue | null> {
  const wanted = new Map(rows.filter(([name]) => name.trim()).map(([name, value]) => [name.trim(), value]));
  const changes: Record<string, FieldValue | null> = {};
  for (const name of Object.keys(before)) if (!wanted.has(name)) changes[name] = null;
  for (const [name, value] of wanted) {
    const read = readValue(value, before[name]);
    if (read !== before[name]) changes[name] = read;
  }
  return changes;
}

/** What must be typed to erase a person: their name, else their phone, else the beginning of their id. */
export function eraseWord({ name, phone, id }: Pick<ContactCard, "name" | "phone" | "id">): string {
  return name?.trim() || phone || id.slice(0, 8);
}
