/** A node's parameters: expressions and code are shown as written, the rest as values. */
import type { NodeType, WorkflowNode } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";
import { JsonView } from "../ui/JsonView";
import classes from "./ParametersView.module.css";

export function ParametersView({ node, type }: { node: WorkflowNode; type: NodeType | undefined }) {
  const { t } = useLanguage();
  const parameters = Object.entries(node.parameters ?? {}).filter(([, value]) => value !== undefined);
  return (
    <dl className={classes.parameters}>
      <div>
        <dt>{t("node.type")}</dt>
        <dd className="mono">
          {node.type}
          {node.typeVersion !== undefined && ` · ${node.typeVersion}`}
        </dd>
      </div>
      {parameters.map(([name, value]) => (
        <div key={name}>
          <dt title={descriptionOf(type, name)}>{name}</dt>
          <dd>
            <Value name={name} value={value} />
          </dd>
        </div>
      ))}
      {parameters.length === 0 && <p className={classes.none}>{t("node.noParameters")}</p>}
    </dl>
  );
}

function Value({ name, value }: { name: string; value: unknown }) {
  if (typeof value === "string") {
    const expression = value.startsWith("=");
    if (!expression && !value.includes("\n")) return <span>{value || "—"}</span>;
    return (
      <pre className={classes.code} data-expression={expression} tabIndex={0} aria-label={name}>
        {expression ? value.slice(1) : value}
      </pre>
    );
  }
  if (value !== null && typeof value === "object") return <JsonView value={value} label={name} />;
  return <span className="mono">{String(value)}</span>;
}

function descriptionOf(type: NodeType | undefined, name: string): string | undefined {
  const properties = type?.schema?.properties as Record<string, { description?: string } | undefined> | undefined;
  return properties?.[name]?.description;
}
