/** Approvals: what people are asked to decide while a run waits, and how it was decided. */
import { IconThumbUp } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { approvalsQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { ApprovalCard } from "./ApprovalCard";
import classes from "./ApprovalsRoom.module.css";

export function ApprovalsRoom() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const { all } = useSearch({ from: "/inside/approvals" });
  const { data, error, isPending, refetch } = useQuery(approvalsQuery(projectId, all ? undefined : "open"));
  return (
    <>
      <PageHeader title={t("approvals.title")} below={<Filter all={Boolean(all)} />} />
      {isPending && <ListSkeleton rows={4} />}
      {error && (
        <div className={classes.problem}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {data?.items.length === 0 && (
        <EmptyState icon={IconThumbUp} title={t("approvals.emptyTitle")} text={t("approvals.emptyText")} />
      )}
      <ul className={classes.list} aria-label={t("approvals.title")}>
        {data?.items.map((approval) => (
          <li key={approval.id}>
            <ApprovalCard approval={approval} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Filter({ all }: { all: boolean }) {
  const { t } = useLanguage();
  const navigate = useNavigate();
  return (
    <div className={classes.filter} role="group" aria-label={t("approvals.which")}>
      {[false, true].map((each) => (
        <button
          key={String(each)}
          type="button"
          aria-pressed={each === all}
          onClick={() => void navigate({ to: "/approvals", search: each ? { all: true } : {}, replace: true })}
        >
          {t(each ? "approvals.all" : "approvals.open")}
        </button>
      ))}
    </div>
  );
}
