/** Records as a table; a column's title sorts by it. */
import { UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { CollectionField, CollectionRecord } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { useListKeys } from "../../ui/listKeys";
import { cellOf, recordKey } from "./cell";
import classes from "./RecordsTable.module.css";

interface Props {
  fields: CollectionField[];
  records: CollectionRecord[];
  sort: string | undefined;
  onSort: (field: string) => void;
  onOpen: (key: string) => void;
}

export function RecordsTable({ fields, records, sort, onSort, onOpen }: Props) {
  const { t, format } = useLanguage();
  const onListKey = useListKeys();
  return (
    <div className={classes.scroll}>
      <table className={classes.table} onKeyDown={onListKey} data-testid="records">
        <thead>
          <tr>
            {fields.map((field) => (
              <Heading key={field.name} field={field} sort={sort} onSort={onSort} numeric={isNumeric(field, records)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {records.map((record, row) => {
            const key = recordKey(record, fields);
            return (
              <tr key={key || row} onClick={() => onOpen(key)}>
                {fields.map((field, column) => {
                  const { text, kind } = cellOf(field, record[field.name], format, t);
                  return (
                    <td key={field.name} data-kind={kind} title={text.length > 36 ? text : undefined}>
                      {column === 0 ? (
                        <button type="button" className={classes.open} data-entry>
                          {text}
                        </button>
                      ) : kind === "choice" ? (
                        <span className={classes.choice}>{text}</span>
                      ) : (
                        text
                      )}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function isNumeric(field: CollectionField, records: CollectionRecord[]): boolean {
  return records.some((record) => typeof record[field.name] === "number");
}

interface HeadingProps {
  field: CollectionField;
  sort: string | undefined;
  onSort: (field: string) => void;
  numeric: boolean;
}

function Heading({ field, sort, onSort, numeric }: HeadingProps) {
  const { t } = useLanguage();
  const title = field.title ?? field.name;
  const rising = sort === field.name;
  const falling = sort === `-${field.name}`;
  return (
    <th scope="col" data-kind={numeric ? "number" : undefined} aria-sort={rising ? "ascending" : falling ? "descending" : "none"}>
      <UnstyledButton className={classes.sort} onClick={() => onSort(field.name)} aria-label={t("records.sortBy", { field: title })}>
        {title}
        {rising && <IconArrowUp size={13} stroke={2} aria-hidden />}
        {falling && <IconArrowDown size={13} stroke={2} aria-hidden />}
      </UnstyledButton>
    </th>
  );
}
