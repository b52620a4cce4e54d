/** The records of one collection: search, sort, pages, and one record in a drawer. */
import { Button, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconDatabaseOff, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { collectionsQuery, recordsQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import type { RecordsSearch } from "../../app/search";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { SearchField } from "../../ui/SearchField";
import { nextSort, recordKey } from "./cell";
import classes from "./CollectionPage.module.css";
import { Pages } from "./Pages";
import { RecordCards } from "./RecordCards";
import { RecordDrawer } from "./RecordDrawer";
import { RecordsTable } from "./RecordsTable";

const PAGE_SIZE = 50;

export function CollectionPage() {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const { projectId } = useProject();
  const { collection: name } = useParams({ from: "/inside/records/$collection" });
  const search = useSearch({ from: "/inside/records/$collection" });
  const phone = useMediaQuery("(max-width: 800px)", false, { getInitialValueInEffect: false });
  const page = search.page ?? 1;
  const collections = useQuery(collectionsQuery(projectId));
  const records = useQuery(
    recordsQuery(projectId, name, { limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE, sort: search.sort, q: search.q }),
  );
  const collection = collections.data?.items.find((each) => each.name === name);
  const show = (next: RecordsSearch) => void navigate({ to: ".", search: next, replace: true });
  const error = collections.error ?? records.error;
  const items = records.data?.items;
  const fields = collection?.fields ?? fieldsOf(items);
  const opened = items?.find((record) => search.record !== undefined && recordKey(record, fields) === search.record);
  const open = (key: string) => show({ ...search, record: key });
  const shared = { fields, records: items ?? [], onOpen: open };

  return (
    <div className={classes.page}>
      <PageHeader
        back="/records"
        title={collections.isPending ? <Skeleton height={20} width={160} /> : (collection?.title ?? name)}
        below={
          <div className={classes.tools}>
            <div className={classes.search}>
              <SearchField
                label={t("records.search")}
                value={search.q ?? ""}
                onChange={(q) => show({ sort: search.sort, q: q || undefined })}
              />
            </div>
            {records.data && records.data.total > 0 && (
              <Pages page={page} size={PAGE_SIZE} total={records.data.total} onPage={(next) => show({ ...search, page: next, record: undefined })} />
            )}
          </div>
        }
      />
      {error && (
        <div className={classes.problem}>
          <ProblemNotice error={error} onRetry={() => void Promise.all([collections.refetch(), records.refetch()])} />
        </div>
      )}
      {(records.isPending || collections.isPending) && !error && <ListSkeleton rows={12} />}
      {items && items.length > 0 && collections.data && (
        phone ? <RecordCards {...shared} /> : <RecordsTable {...shared} sort={search.sort} onSort={(field) => show({ q: search.q, sort: nextSort(search.sort, field) })} />
      )}
      {items?.length === 0 && search.q && (
        <EmptyState icon={IconDatabaseOff} title={t("records.noneFoundTitle")} text={t("records.noneFoundText")}>
          <Button variant="light" onClick={() => show({})}>
            {t("action.clearFilters")}
          </Button>
        </EmptyState>
      )}
      {items?.length === 0 && !search.q && (
        <EmptyState icon={IconTable} title={t("records.emptyCollectionTitle")} text={t("records.emptyCollectionText")} />
      )}
      {opened && <RecordDrawer record={opened} fields={fields} onClose={() => show({ ...search, record: undefined })} />}
    </div>
  );
}

/** A collection without a description shows the names that its records carry. */
function fieldsOf(records: Record<string, unknown>[] | undefined) {
  const names = new Set((records ?? []).flatMap((record) => Object.keys(record)));
  return [...names].map((name) => ({ name, type: "", title: null, required: false }));
}
