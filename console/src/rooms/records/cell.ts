/** A record's value as people read it, by the field's type and, where that says little, its name. Pure. */
import type { CollectionField } from "../../api/types";
import type { Format } from "../../language/format";
import type { Translate } from "../../language/translate";

export interface RecordCell {
  text: string;
  kind: "text" | "number" | "moment" | "phone" | "choice" | "key" | "json" | "missing";
}

const MISSING: RecordCell = { text: "—", kind: "missing" };
const CURRENCY = /_(kzt|rub|usd|eur|kgs|uzs)$/i;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOMENT_TYPES = new Set(["datetime", "timestamp", "date-time"]);

type ShownField = Pick<CollectionField, "name" | "type"> & Partial<Pick<CollectionField, "choices">>;

export function cellOf(field: ShownField, value: unknown, format: Format, t: Translate): RecordCell {
  if (value === null || value === undefined || value === "") return MISSING;
  if (typeof value === "boolean") return { text: t(value ? "record.yes" : "record.no"), kind: "choice" };
  if (typeof value === "object") return { text: JSON.stringify(value), kind: "json" };
  const choice = field.choices?.find((each) => each.value === value);
  if (choice) return { text: choice.title, kind: "choice" };
  const number = amountOf(field, value);
  if (number !== null) return { text: numberText(field, number, format), kind: "number" };
  return textCell(field, String(value), format);
}

function amountOf({ name, type }: Pick<CollectionField, "name" | "type">, value: unknown): number | null {
  if (typeof value === "number") return value;
  const numeric = CURRENCY.test(name) || /decimal|money|float|integer/i.test(type);
  return numeric && typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null;
}

function numberText({ name }: Pick<CollectionField, "name">, value: number, format: Format): string {
  const currency = CURRENCY.exec(name)?.[1];
  if (currency) return format.money(value, currency);
  // Numbers that only name a thing are not grouped: "№ 1042", not "1 042".
  return /(^|_)(id|number|year)$/i.test(name) ? String(value) : format.number(value);
}

function textCell({ name, type }: ShownField, value: string, format: Format): RecordCell {
  const kind = type.toLowerCase();
  if (MOMENT_TYPES.has(kind) || MOMENT.test(value)) return { text: format.dateTime(value), kind: "moment" };
  if (kind === "date" || /^\d{4}-\d{2}-\d{2}$/.test(value)) return { text: format.date(value), kind: "moment" };
  if (kind === "phone" || /(^|_)phone$/i.test(name)) return { text: format.phone(value), kind: "phone" };
  if (kind === "uuid" || UUID.test(value)) return { text: value, kind: "key" };
  return { text: value, kind: kind === "choice" || /(^|_)status$/i.test(name) ? "choice" : "text" };
}

/** Name a record for its row and its address: its id, else its number, else its first value. */
export function recordKey(record: Record<string, unknown>, fields: readonly Pick<CollectionField, "name">[]): string {
  return String(record.id ?? record.number ?? record[fields[0]?.name ?? ""] ?? "");
}

/** Fields that every record has; people read the collection's own ones first. */
const OWN_FIELDS = ["created_at", "updated_at", "id"];
const NOT_IN_TABLE = new Set(["updated_at", "id"]);

/** The collection's fields, then those that every record has. */
export function orderFields<T extends Pick<CollectionField, "name">>(fields: readonly T[]): T[] {
  const rank = ({ name }: T) => OWN_FIELDS.indexOf(name);
  return [...fields].sort((a, b) => rank(a) - rank(b));
}

/** The fields that a table or a card shows; the drawer shows all, with ids of other things too. */
export function tableFields<T extends Pick<CollectionField, "name"> & Partial<Pick<CollectionField, "type">>>(fields: readonly T[]): T[] {
  const shown = fields.filter(({ name, type }) => !NOT_IN_TABLE.has(name) && !name.endsWith("_id") && type !== "reference");
  return shown.length > 0 ? shown : [...fields];
}

/** The sort that follows when a column's title is pressed: rising, falling, none. */
export function nextSort(current: string | undefined, field: string): string | undefined {
  if (current === field) return `-${field}`;
  return current === `-${field}` ? undefined : field;
}
