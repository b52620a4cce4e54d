/** One broadcast: a draft is written here, one that was started shows how far it is and what became of it. */
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { broadcastQuery } from "../../api/broadcasts";
import { useProject } from "../../app/ProjectProvider";
import { useMayManageContacts } from "../../app/rights";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./BroadcastPage.module.css";
import { draftOf, emptyDraft } from "./draft";
import { Outcome } from "./Outcome";
import { Writing } from "./Writing";

export function BroadcastPage() {
  const { broadcastId } = useParams({ from: "/inside/broadcasts/$broadcastId" });
  const { projectId } = useProject();
  const mayMake = useMayManageContacts();
  const { data, error, refetch } = useQuery(broadcastQuery(projectId, broadcastId));
  if (data?.status === "draft" && mayMake) return <Writing key={data.id} id={data.id} first={draftOf(data)} />;
  if (data) return <Outcome broadcast={data} />;
  return (
    <>
      <PageHeader title={error ? broadcastId : <Skeleton height={20} width={220} />} back="/broadcasts" />
      {error && (
        <div className={classes.notice}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
    </>
  );
}

export function NewBroadcastPage() {
  const { project } = useProject();
  return project && <Writing id={null} first={emptyDraft(project.bots[0]?.id ?? "")} />;
}
