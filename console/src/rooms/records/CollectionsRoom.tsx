/** The collections of the project. */
import { IconDatabase, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { collectionsQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { useListKeys } from "../../ui/listKeys";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./CollectionsRoom.module.css";

export function CollectionsRoom() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const onListKey = useListKeys();
  const { data, error, isPending, refetch } = useQuery(collectionsQuery(projectId));
  return (
    <>
      <PageHeader title={t("records.title")} />
      {isPending && <ListSkeleton rows={5} />}
      {error && (
        <div className={classes.problem}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {data?.items.length === 0 && (
        <EmptyState icon={IconDatabase} title={t("records.emptyTitle")} text={t("records.emptyText")} />
      )}
      {data && (
        <ul className={classes.grid} aria-label={t("records.collections")} onKeyDown={onListKey} data-testid="collection-list">
          {data.items.map(({ name, title, count, fields }) => (
            <li key={name}>
              <Link to="/records/$collection" params={{ collection: name }} className={classes.card} data-entry>
                <span className={classes.icon}>
                  <IconTable size={19} stroke={1.7} aria-hidden />
                </span>
                <span className={classes.body}>
                  <strong>{title ?? name}</strong>
                  <code>{name}</code>
                </span>
                <span className={classes.count}>
                  <b>{t("records.count", { count })}</b>
                  <small>{t("records.fields", { count: fields.length })}</small>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
