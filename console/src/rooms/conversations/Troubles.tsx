/** What a person should look at in all chats: messages in doubt, failed, and set aside, each with what can be done. */
import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { troublesQuery } from "../../api/queries";
import type { Trouble } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ChannelMark } from "../../ui/ChannelMark";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill, type Tone } from "../../ui/StatusPill";
import { failureText, useDesk } from "./desk";
import classes from "./Troubles.module.css";

const TONES: Record<Trouble["kind"], Tone> = { in_doubt: "warn", failed: "bad", set_aside: "bad" };

export function Troubles() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const { data, error, isPending, refetch } = useQuery(troublesQuery(projectId));
  return (
    <div className={classes.page}>
      <PageHeader title={t("troubles.title")} back="/conversations" />
      {isPending && <ListSkeleton rows={4} />}
      {error && (
        <div className={classes.problem}>
          <ProblemNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {data?.items.length === 0 && (
        <EmptyState icon={IconCircleCheck} title={t("troubles.emptyTitle")} text={t("troubles.emptyText")} />
      )}
      <ul className={classes.list} aria-label={t("troubles.title")} data-testid="troubles">
        {data?.items.map((trouble) => (
          <li key={trouble.message_id} className={classes.card}>
            <Card trouble={trouble} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Card({ trouble }: { trouble: Trouble }) {
  const { t, format } = useLanguage();
  const { kind, conversation_id, name, channel, text, error, error_code, run_id, created_at } = trouble;
  const why = failureText(error_code, error, t);
  return (
    <>
      <p className={classes.head}>
        <Pill tone={TONES[kind]}>{t(`troubles.${kind}`)}</Pill>
        <ChannelMark channel={channel} />
        <Link to="/conversations/$conversationId" params={{ conversationId: conversation_id }}>
          {name ?? t("contact.nameless")}
        </Link>
        <time dateTime={created_at} title={format.exact(created_at)}>
          {format.moment(created_at)}
        </time>
      </p>
      <p className={classes.text}>{text || "…"}</p>
      {why && (
        <p className={classes.why} title={error ?? undefined}>
          {why}
        </p>
      )}
      {run_id && (
        <Link to="/runs/$runId" params={{ runId: run_id }}>
          {t("troubles.run")}
        </Link>
      )}
      {useMayWrite() && <Decision trouble={trouble} />}
    </>
  );
}

function Decision({ trouble }: { trouble: Trouble }) {
  const { t } = useLanguage();
  const { kind, conversation_id, message_id } = trouble;
  const desk = useDesk(conversation_id);
  const settle = (arrived: boolean) => desk.mutate({ do: `messages/${message_id}/settle`, body: { arrived } });
  const answer = (again: boolean) => desk.mutate({ do: `messages/${message_id}/answer`, body: { again } });
  const busy = { size: "xs", loading: desk.isPending } as const;
  return (
    <>
      <p className={classes.buttons}>
        {kind === "set_aside" && (
          <>
            <Button {...busy} onClick={() => answer(true)}>
              {t("troubles.answerAgain")}
            </Button>
            <Button {...busy} variant="default" onClick={() => answer(false)}>
              {t("troubles.letBe")}
            </Button>
          </>
        )}
        {kind === "in_doubt" && (
          <Button {...busy} onClick={() => settle(true)}>
            {t("delivery.arrived")}
          </Button>
        )}
        {kind !== "set_aside" && (
          <Button {...busy} variant="default" onClick={() => settle(false)}>
            {t("delivery.resend")}
          </Button>
        )}
      </p>
      {desk.error && <ProblemNotice error={desk.error} />}
    </>
  );
}

/** The way here, where there is something to look at. */
export function TroublesLink() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const count = useQuery(troublesQuery(projectId)).data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <Link to="/conversations/troubles" className={classes.link} data-testid="troubles-link">
      {t("troubles.title")} <strong>{count}</strong>
    </Link>
  );
}
