/** The items at each port of a node, as a table or as JSON. */
import { Button, SegmentedControl } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Item } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";
import type { TextKey } from "../language/translate";
import { EmptyState } from "../ui/EmptyState";
import { JsonView } from "../ui/JsonView";
import classes from "./PortsView.module.css";
import { tabulate } from "./tabulate";

const ROWS_AT_ONCE = 100;

interface Props {
  ports: Item[][];
  /** Items at each port; more than are kept when there were many. */
  counts?: number[];
  labels: string[];
  unnamed: Extract<TextKey, "node.inputNumber" | "node.branch">;
}

export function PortsView({ ports, counts = [], labels, unnamed }: Props) {
  const { t } = useLanguage();
  const firstFull = Math.max(0, ports.findIndex((items) => items.length > 0));
  const [port, setPort] = useState(firstFull);
  const [view, setView] = useState("table");
  const items = ports[port] ?? [];
  const total = counts[port] ?? items.length;
  return (
    <div className={classes.ports}>
      <div className={classes.bar}>
        {ports.length > 1 && (
          <SegmentedControl
            size="xs"
            value={String(port)}
            onChange={(value) => setPort(Number(value))}
            data={ports.map((each, index) => ({
              value: String(index),
              label: `${labels[index] || t(unnamed, { number: index + 1 })} · ${counts[index] ?? each.length}`,
            }))}
          />
        )}
        {ports.length <= 1 && items.length > 0 && <span className={classes.count}>{t("graph.items", { count: total })}</span>}
        {items.length > 0 && (
          <SegmentedControl
            size="xs"
            ml="auto"
            aria-label={t("node.view")}
            value={view}
            onChange={setView}
            data={[
              { value: "table", label: t("node.table") },
              { value: "json", label: t("node.json") },
            ]}
          />
        )}
      </div>
      {total > items.length && <p className={classes.count}>{t("item.cut", { count: items.length })}</p>}
      <Items key={port} items={items} view={view} />
    </div>
  );
}

function Items({ items, view }: { items: Item[]; view: string }) {
  const { t } = useLanguage();
  if (items.length === 0) return <EmptyState icon={IconInbox} title={t("item.none")} text={t("item.noneText")} />;
  if (view === "json") return <JsonView value={items.map(plainItem)} label={t("node.json")} />;
  return items.length === 1 ? <ItemCard items={items} /> : <ItemsTable items={items} />;
}

function plainItem(item: Item): unknown {
  return item.binary && Object.keys(item.binary).length > 0 ? { json: item.json, binary: item.binary } : item.json;
}

/** A single item is read downwards: one row a value. */
function ItemCard({ items }: { items: Item[] }) {
  const { t } = useLanguage();
  const { columns, rows } = tabulate(items, t("item.binary"));
  return (
    <div className={classes.scroll}>
      <table className={classes.table} data-single>
        <tbody>
          {columns.map((column, index) => (
            <tr key={column}>
              <th scope="row">{column}</th>
              <td data-kind={rows[0]?.[index]?.kind}>{rows[0]?.[index]?.text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ItemsTable({ items }: { items: Item[] }) {
  const { t } = useLanguage();
  const [shown, setShown] = useState(ROWS_AT_ONCE);
  const { columns, rows } = useMemo(() => tabulate(items.slice(0, shown), t("item.binary")), [items, shown, t]);
  return (
    <>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label={t("node.table")}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col" aria-label="№" />
              {columns.map((column) => (
                <th key={column} scope="col">{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, index) => (
              <tr key={index}>
                <th scope="row">{index}</th>
                {cells.map(({ text, kind }, column) => (
                  <td key={column} data-kind={kind} title={text.length > 40 ? text : undefined}>{text}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {items.length > shown && (
        <Button variant="subtle" color="gray" fullWidth onClick={() => setShown(shown + ROWS_AT_ONCE)}>
          {t("action.loadMore")}
        </Button>
      )}
    </>
  );
}
