/** Records on a phone: one card each, with the first fields. */
import { UnstyledButton } from "@mantine/core";
import type { CollectionField, CollectionRecord } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { cellOf, recordKey } from "./cell";
import classes from "./RecordCards.module.css";

const FIELDS_SHOWN = 7;

interface Props {
  fields: CollectionField[];
  records: CollectionRecord[];
  onOpen: (key: string) => void;
}

export function RecordCards({ fields, records, onOpen }: Props) {
  const { t, format } = useLanguage();
  const [first, ...rest] = fields;
  return (
    <ul className={classes.cards} data-testid="records">
      {records.map((record, row) => {
        const key = recordKey(record, fields);
        const shown = rest
          .map((field) => ({ field, cell: cellOf(field, record[field.name], format, t) }))
          .filter(({ cell }) => cell.kind !== "missing")
          .slice(0, FIELDS_SHOWN);
        return (
          <li key={key || row}>
            <UnstyledButton className={classes.card} onClick={() => onOpen(key)}>
              <strong>{first ? `${first.title ?? first.name}: ${cellOf(first, record[first.name], format, t).text}` : key}</strong>
              <span className={classes.values}>
                {shown.map(({ field, cell }) => (
                  <span key={field.name} data-kind={cell.kind}>
                    <small>{field.title ?? field.name}</small>
                    {cell.text}
                  </span>
                ))}
              </span>
            </UnstyledButton>
          </li>
        );
      })}
    </ul>
  );
}
