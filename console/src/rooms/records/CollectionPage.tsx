/** The records of one collection: search, sort, pages, and one record in a drawer. */
import { Button, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconDatabaseOff, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { collectionsQuery, recordsQuery } from "../../api/queries";
import type { CollectionField, CollectionRecord } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import type { RecordsSearch } from "../../app/search";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { SearchField } from "../../ui/SearchField";
import { nextSort, orderFields, recordKey, tableFields } from "./cell";
import classes from "./CollectionPage.module.css";
import { Pages } from "./Pages";
import { RecordCards } from "./RecordCards";
import { RecordDrawer } from "./RecordDrawer";
import { RecordsTable } from "./RecordsTable";

const PAGE_SIZE = 50;

export function CollectionPage() {
  const { collection: name } = useParams({ from: "/inside/records/$collection" });
  const { search, show } = useView();
  const { collection, title, records, error, pending, retry } = useRecords(name, search);
  return (
    <div className={classes.page}>
      <PageHeader
        back="/records"
        title={title}
        below={<Tools total={records?.total ?? 0} search={search} show={show} />}
      />
      {error && (
        <div className={classes.problem}>
          <ProblemNotice error={error} onRetry={retry} />
        </div>
      )}
      {pending && !error && <ListSkeleton rows={12} />}
      {records && !pending && (
        <Records items={records.items} fields={orderFields(collection?.fields ?? fieldsOf(records.items))} search={search} show={show} />
      )}
    </div>
  );
}

interface ViewProps {
  search: RecordsSearch;
  show: (search: RecordsSearch) => void;
}

function Tools({ total, search, show }: ViewProps & { total: number }) {
  const { t } = useLanguage();
  const onPage = (page: number) => show({ ...search, page, record: undefined });
  return (
    <div className={classes.tools}>
      <div className={classes.search}>
        <SearchField
          label={t("records.search")}
          value={search.q ?? ""}
          onChange={(q) => show({ sort: search.sort, q: q || undefined })}
        />
      </div>
      {total > 0 && <Pages page={search.page ?? 1} size={PAGE_SIZE} total={total} onPage={onPage} />}
    </div>
  );
}

function useView() {
  const navigate = useNavigate();
  const search = useSearch({ from: "/inside/records/$collection" });
  return { search, show: (next: RecordsSearch) => void navigate({ to: ".", search: next, replace: true }) };
}

function useRecords(name: string, { page = 1, sort, q }: RecordsSearch) {
  const { projectId } = useProject();
  const collections = useQuery(collectionsQuery(projectId));
  const records = useQuery(recordsQuery(projectId, name, { limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE, sort, q }));
  const collection = collections.data?.items.find((each) => each.name === name);
  return {
    collection,
    title: collections.isPending ? <Skeleton height={20} width={160} /> : (collection?.title ?? name),
    records: records.data,
    error: collections.error ?? records.error,
    pending: records.isPending || collections.isPending,
    retry: () => void Promise.all([collections.refetch(), records.refetch()]),
  };
}

interface RecordsProps extends ViewProps {
  items: CollectionRecord[];
  fields: CollectionField[];
}

function Records({ items, fields, search, show }: RecordsProps) {
  const phone = useMediaQuery("(max-width: 800px)", false, { getInitialValueInEffect: false });
  if (items.length === 0) return <NoRecords searched={search.q !== undefined} onClear={() => show({})} />;
  const opened = items.find((record) => search.record !== undefined && recordKey(record, fields) === search.record);
  const shared = { fields: tableFields(fields), records: items, onOpen: (record: string) => show({ ...search, record }) };
  return (
    <>
      {phone ? (
        <RecordCards {...shared} />
      ) : (
        <RecordsTable
          {...shared}
          sort={search.sort}
          onSort={(field) => show({ q: search.q, sort: nextSort(search.sort, field) })}
        />
      )}
      {opened && <RecordDrawer record={opened} fields={fields} onClose={() => show({ ...search, record: undefined })} />}
    </>
  );
}

function NoRecords({ searched, onClear }: { searched: boolean; onClear: () => void }) {
  const { t } = useLanguage();
  if (!searched) {
    return <EmptyState icon={IconTable} title={t("records.emptyCollectionTitle")} text={t("records.emptyCollectionText")} />;
  }
  return (
    <EmptyState icon={IconDatabaseOff} title={t("records.noneFoundTitle")} text={t("records.noneFoundText")}>
      <Button variant="light" onClick={onClear}>
        {t("action.clearFilters")}
      </Button>
    </EmptyState>
  );
}

/** A collection without a description shows the names that its records carry. */
function fieldsOf(records: CollectionRecord[]): CollectionField[] {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return [...names].map((name) => ({ name, type: "", title: null, required: false, choices: [] }));
}
