/** Runs: the list with its filters. */
import { Button, Select } from "@mantine/core";
import { IconFilterOff, IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { runsQuery, workflowsQuery } from "../../api/queries";
import { RUN_STATUSES } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import type { RunsSearch } from "../../app/search";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { RunList } from "./RunList";
import classes from "./RunsRoom.module.css";

export function RunsRoom() {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const { projectId } = useProject();
  const search = useSearch({ from: "/inside/runs" });
  const runs = useInfiniteQuery(runsQuery(projectId, search));
  const loaded = useMemo(() => runs.data?.pages.flatMap(({ items }) => items), [runs.data]);
  const filter = (next: RunsSearch) => void navigate({ to: "/runs", search: next, replace: true });
  const filtered = Boolean(search.status ?? search.workflow);
  return (
    <>
      <PageHeader title={t("runs.title")} below={<Filters search={search} onChange={filter} />} />
      {runs.isPending && <ListSkeleton rows={12} />}
      {runs.error && (
        <div className={classes.problem}>
          <ProblemNotice error={runs.error} onRetry={() => void runs.refetch()} />
        </div>
      )}
      {loaded && loaded.length > 0 && <RunList runs={loaded} label={t("runs.title")} />}
      {loaded?.length === 0 && <NoRuns filtered={filtered} onClear={() => filter({})} />}
      {runs.hasNextPage && (
        <div className={classes.more}>
          <Button variant="default" loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
            {t("action.loadMore")}
          </Button>
        </div>
      )}
    </>
  );
}

function NoRuns({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useLanguage();
  if (!filtered) return <EmptyState icon={IconPlayerPlay} title={t("runs.emptyTitle")} text={t("runs.emptyText")} />;
  return (
    <EmptyState icon={IconFilterOff} title={t("runs.noneFoundTitle")} text={t("runs.noneFoundText")}>
      <Button variant="light" onClick={onClear}>
        {t("action.clearFilters")}
      </Button>
    </EmptyState>
  );
}

function Filters({ search, onChange }: { search: RunsSearch; onChange: (search: RunsSearch) => void }) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const workflows = useQuery(workflowsQuery(projectId)).data?.items ?? [];
  return (
    <div className={classes.filters}>
      <div className={classes.statuses} role="group" aria-label={t("runs.status")}>
        {[undefined, ...RUN_STATUSES].map((status) => (
          <button
            key={status ?? "all"}
            type="button"
            aria-pressed={search.status === status}
            onClick={() => onChange({ ...search, status })}
          >
            {status ? t(`status.${status}`) : t("runs.all")}
          </button>
        ))}
      </div>
      <Select
        className={classes.workflow}
        size="xs"
        aria-label={t("runs.workflow")}
        placeholder={t("runs.allWorkflows")}
        data={workflows.map(({ id, name }) => ({ value: id, label: name }))}
        value={search.workflow ?? null}
        onChange={(workflow) => onChange({ ...search, workflow: workflow ?? undefined })}
        clearable
        searchable
        clearButtonProps={{ "aria-label": t("action.clear") }}
      />
    </div>
  );
}
