/** To whom: conditions on what is known of contacts; all must hold. */
import { ActionIcon, Autocomplete, Button, Select, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useLanguage } from "../../language/LanguageProvider";
import classes from "./BroadcastPage.module.css";
import { KNOWN_FIELDS, needsValue, onField, operatorsOf, type Condition, type Operator } from "./draft";
import { Part } from "./Part";

const MOST = 20;
const EMPTY: Condition = { field: "", op: "eq", value: "" };

interface Props {
  conditions: Condition[];
  change: (conditions: Condition[]) => void;
}

export function Segment({ conditions, change }: Props) {
  const { t } = useLanguage();
  const put = (index: number, row: Condition) => change(conditions.map((each, at) => (at === index ? row : each)));
  return (
    <Part title={t("segment.title")} hint={t("segment.hint")}>
      {conditions.map((condition, index) => (
        <Row
          key={index}
          number={index + 1}
          condition={condition}
          put={(row) => put(index, row)}
          remove={() => change(conditions.filter((_, at) => at !== index))}
        />
      ))}
      <Button
        variant="default"
        size="xs"
        disabled={conditions.length >= MOST}
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => change([...conditions, EMPTY])}
      >
        {t("segment.add")}
      </Button>
    </Part>
  );
}

interface RowProps {
  number: number;
  condition: Condition;
  put: (condition: Condition) => void;
  remove: () => void;
}

function Row({ number, condition, put, remove }: RowProps) {
  const { t } = useLanguage();
  return (
    <div className={classes.condition} role="group" aria-label={`${t("segment.condition")} ${number}`}>
      <Autocomplete
        aria-label={t("fields.name")}
        placeholder={t("fields.name")}
        data={KNOWN_FIELDS}
        value={condition.field}
        onChange={(field) => put(onField(condition, field))}
        maxLength={50}
      />
      <Select
        aria-label={t("segment.comparison")}
        data={operatorsOf(condition.field.trim()).map((value) => ({ value, label: t(`operator.${value}`) }))}
        value={condition.op}
        onChange={(op) => op && put({ ...condition, op: op as Operator })}
        allowDeselect={false}
      />
      {needsValue(condition.op) && (
        <TextInput
          className={classes.value}
          aria-label={t("fields.value")}
          placeholder={t("fields.value")}
          value={condition.value}
          onChange={(event) => put({ ...condition, value: event.currentTarget.value })}
          maxLength={1000}
        />
      )}
      <ActionIcon className={classes.away} variant="subtle" color="gray" aria-label={t("segment.remove", { number })} onClick={remove}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
