/** What a person should look at: workflows that cannot be loaded, runs that failed. */
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { runsQuery, workflowsQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import { errorWords } from "../../graph/trace";
import { daysBetween, parseMoment } from "../../language/format";
import { useLanguage } from "../../language/LanguageProvider";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { useRunName } from "../runs/RunList";
import classes from "./OverviewRoom.module.css";

const MOST_RUNS = 4;

export function Attention() {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const nameOf = useRunName();
  const { data, isPending } = useQuery(workflowsQuery(projectId));
  const workflows = data?.items;
  const failed = useInfiniteQuery(runsQuery(projectId, { status: "failed" })).data?.pages[0]?.items;
  const broken = workflows?.filter(({ problem }) => problem) ?? [];
  const now = new Date();
  const today = (failed ?? []).filter(({ started_at }) => {
    const moment = parseMoment(started_at);
    return moment !== null && daysBetween(moment, now, format.zone) === 0;
  });
  return (
    <section className={classes.card} aria-labelledby="attention">
      <header className={classes.cardHead}>
        <h2 id="attention">{t("overview.attention")}</h2>
        <Link to="/runs">{t("overview.allRuns")}</Link>
      </header>
      {isPending && <ListSkeleton rows={2} />}
      {workflows && failed && broken.length + today.length === 0 && (
        <div className={classes.calm}>
          <IconCircleCheck size={26} stroke={1.6} aria-hidden />
          <div>
            <strong>{t("overview.calmTitle")}</strong>
            <p>{t("overview.calmText")}</p>
          </div>
        </div>
      )}
      <ul>
        {broken.map(({ id, name, problem }) => (
          <li key={id}>
            <Link to="/workflows/$workflowId" params={{ workflowId: id }} className={classes.entry}>
              <IconAlertTriangle size={18} stroke={1.7} className={classes.bad} aria-hidden />
              <span className={classes.body}>
                <strong>{name}</strong>
                <span>{problem?.message}</span>
              </span>
            </Link>
          </li>
        ))}
        {today.slice(0, MOST_RUNS).map((run) => (
          <li key={run.id}>
            <Link to="/runs/$runId" params={{ runId: run.id }} className={classes.entry}>
              <IconAlertTriangle size={18} stroke={1.7} className={classes.bad} aria-hidden />
              <span className={classes.body}>
                <strong>{nameOf(run)}</strong>
                <span>{errorWords(run.error)?.message ?? t("run.failed")}</span>
              </span>
              <time dateTime={run.started_at ?? undefined}>{format.moment(run.started_at)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
