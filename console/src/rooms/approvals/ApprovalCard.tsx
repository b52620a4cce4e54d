/** One question with the exact arguments, and the two buttons that decide it. */
import { Button, Textarea } from "@mantine/core";
import { IconArrowUpRight } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { decideApproval } from "../../api/queries";
import type { Approval, ApprovalDecision } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill, type Tone } from "../../ui/StatusPill";
import classes from "./ApprovalsRoom.module.css";

const TONES: Record<Approval["status"], Tone> = {
  open: "warn",
  approved: "good",
  refused: "bad",
  expired: "calm",
  cancelled: "calm",
};

export function ApprovalCard({ approval }: { approval: Approval }) {
  const { t, format } = useLanguage();
  return (
    <article className={classes.card} aria-label={approval.question}>
      <header className={classes.head}>
        <Pill tone={TONES[approval.status]}>{t(`approvalStatus.${approval.status}`)}</Pill>
        <span className={classes.time}>{t("approvals.until", { time: format.dateTime(approval.deadline_at) })}</span>
        <Link to="/runs/$runId" params={{ runId: approval.run_id }} className={classes.run}>
          {t("approvals.run")}
          <IconArrowUpRight size={14} stroke={1.8} aria-hidden />
        </Link>
      </header>
      <h2 className={classes.question}>{approval.question}</h2>
      <dl className={classes.details}>
        {Object.entries(approval.details).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
      {approval.decided_by && (
        <p className={classes.by}>
          {t("approvals.by", { name: approval.decided_by, time: format.dateTime(approval.decided_at) })}
        </p>
      )}
      {approval.note && <blockquote className={classes.note}>{approval.note}</blockquote>}
      {approval.status === "open" && <Decision approval={approval} />}
    </article>
  );
}

function Decision({ approval }: { approval: Approval }) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const answers = useQueryClient();
  const [note, setNote] = useState("");
  const decide = useMutation({
    mutationFn: (decision: ApprovalDecision) => decideApproval(projectId, approval, decision, note.trim() || null),
    onSettled: () => answers.invalidateQueries({ queryKey: ["approvals"] }),
  });
  if (!approval.may_decide) return <p className={classes.by}>{t("approvals.notYours")}</p>;
  return (
    <div className={classes.decision}>
      <Textarea
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        aria-label={t("approvals.note")}
        placeholder={t("approvals.note")}
        maxLength={1000}
        autosize
        minRows={1}
        maxRows={4}
      />
      {decide.error && <ProblemNotice error={decide.error} />}
      <div className={classes.buttons}>
        <Button loading={decide.isPending} onClick={() => decide.mutate("approved")}>
          {t("approvals.approve")}
        </Button>
        <Button variant="default" disabled={decide.isPending} onClick={() => decide.mutate("refused")}>
          {t("approvals.refuse")}
        </Button>
      </div>
    </div>
  );
}
