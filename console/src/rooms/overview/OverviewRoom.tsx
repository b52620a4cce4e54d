/** The first page: today's figures, what needs attention, the latest conversations. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { conversationsQuery, runsQuery, sessionQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Attention } from "./Attention";
import { countToday, type Figure } from "./figures";
import { LatestConversations } from "./LatestConversations";
import classes from "./OverviewRoom.module.css";
import { ProjectCard } from "./ProjectCard";

export function OverviewRoom() {
  const { t } = useLanguage();
  const session = useQuery(sessionQuery).data;
  const name = session?.principal.name.split(" ")[0];
  return (
    <>
      <PageHeader title={name ? t("overview.greeting", { name }) : t("overview.title")} />
      <div className={classes.page}>
        <Figures />
        <div className={classes.columns}>
          <LatestConversations />
          <div className={classes.side}>
            <Attention />
            <ProjectCard />
          </div>
        </div>
      </div>
    </>
  );
}

function Figures() {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const conversations = useInfiniteQuery(conversationsQuery(projectId));
  const runs = useInfiniteQuery(runsQuery(projectId));
  const failed = useInfiniteQuery(runsQuery(projectId, { status: "failed" }));
  const running = useInfiniteQuery(runsQuery(projectId, { status: "running" }));
  const now = new Date();
  const error = conversations.error ?? runs.error;
  if (error) return <ProblemNotice error={error} onRetry={() => void Promise.all([conversations.refetch(), runs.refetch()])} />;
  const latest = conversations.data?.pages[0];
  const started = runs.data?.pages[0];
  const broken = failed.data?.pages[0];
  const busy = running.data?.pages[0];
  const zone = format.zone;
  return (
    <div className={classes.figures}>
      <FigureCard
        label={t("overview.conversationsToday")}
        link={{ to: "/conversations" }}
        figure={latest && countToday(latest.items, (each) => each.last_message_at, zone, now, latest.next !== null)}
      />
      <FigureCard
        label={t("overview.unread")}
        link={{ to: "/conversations" }}
        figure={latest && { count: latest.items.filter(({ unread }) => unread > 0).length, more: false }}
      />
      <FigureCard
        label={t("overview.runsToday")}
        link={{ to: "/runs" }}
        figure={started && countToday(started.items, (run) => run.started_at, zone, now, started.next !== null)}
      />
      <FigureCard
        label={t("overview.active")}
        link={{ to: "/runs", search: { status: "running" } }}
        figure={busy && { count: busy.items.length, more: busy.next !== null }}
      />
      <FigureCard
        label={t("overview.failedToday")}
        link={{ to: "/runs", search: { status: "failed" } }}
        figure={broken && countToday(broken.items, (run) => run.started_at, zone, now, broken.next !== null)}
        alarming
      />
    </div>
  );
}

interface FigureProps {
  label: string;
  figure: Figure | undefined;
  link: Pick<LinkProps, "to" | "search">;
  alarming?: boolean;
}

function FigureCard({ label, figure, link, alarming = false }: FigureProps) {
  const { format } = useLanguage();
  const alarm = alarming && (figure?.count ?? 0) > 0;
  return (
    <Link {...link} className={classes.figure} data-alarm={alarm}>
      <span>{label}</span>
      <strong>{figure ? `${format.number(figure.count)}${figure.more ? "+" : ""}` : "…"}</strong>
    </Link>
  );
}
