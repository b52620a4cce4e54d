/** One record, field by field. */
import { Drawer } from "@mantine/core";
import type { CollectionField, CollectionRecord } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { CopyButton } from "../../ui/CopyButton";
import { JsonView } from "../../ui/JsonView";
import { cellOf, recordKey } from "./cell";
import classes from "./RecordDrawer.module.css";

interface Props {
  record: CollectionRecord;
  fields: CollectionField[];
  onClose: () => void;
}

export function RecordDrawer({ record, fields, onClose }: Props) {
  const { t } = useLanguage();
  const named = new Set(fields.map(({ name }) => name));
  const others = Object.keys(record).filter((name) => !named.has(name));
  const all = [...fields, ...others.map((name) => ({ name, type: "", title: null, required: false, choices: [] }))];
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="min(480px, 100vw)"
      title={<strong>{`${t("record.title")} ${recordKey(record, fields)}`}</strong>}
      closeButtonProps={{ "aria-label": t("action.close") }}
      data-testid="record-drawer"
    >
      <dl className={classes.record}>
        {all.map((field) => (
          <FieldValue key={field.name} field={field} value={record[field.name]} />
        ))}
      </dl>
    </Drawer>
  );
}

function FieldValue({ field, value }: { field: CollectionField; value: unknown }) {
  const { t, format } = useLanguage();
  const { text, kind } = cellOf(field, value, format, t);
  return (
    <div className={classes.field}>
      <dt>
        {field.title ?? field.name}
        {field.title && <code>{field.name}</code>}
      </dt>
      <dd data-kind={kind}>
        {kind === "json" ? <JsonView value={value} label={field.name} /> : <span>{text}</span>}
        {kind !== "json" && kind !== "missing" && (
          <span className={classes.copy}>
            <CopyButton text={String(value)} />
          </span>
        )}
      </dd>
    </div>
  );
}
