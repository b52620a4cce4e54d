/** The steps of a run, one under another, with their kind, state and place in time. */
import { UnstyledButton } from "@mantine/core";
import { IconChevronRight, IconListDetails } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { RunDetail, Step } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import type { TextKey } from "../../language/translate";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { JsonView } from "../../ui/JsonView";
import { useListKeys } from "../../ui/listKeys";
import { StatusPill, toneOf } from "../../ui/StatusPill";
import classes from "./StepTimeline.module.css";
import { layTimeline, type Bar } from "./timeline";

const KINDS = new Set(["stored", "safe", "keyed", "never", "pure"]);

export function StepTimeline({ run }: { run: RunDetail }) {
  const { t } = useLanguage();
  const onListKey = useListKeys();
  const [openKey, setOpenKey] = useState<string | null>(null);
  const [nowMs] = useState(() => Date.now());
  const bars = useMemo(() => layTimeline(run.steps, nowMs), [run.steps, nowMs]);
  if (run.steps.length === 0) {
    return <EmptyState icon={IconListDetails} title={t("run.steps")} text={t("run.noSteps")} />;
  }
  return (
    <section aria-label={t("run.timeline")} data-testid="steps">
      <div className={classes.head} aria-hidden>
        <span>{t("step.step")}</span>
        <span>{t("step.kind")}</span>
        <span>{t("runs.status")}</span>
        <span>{t("run.timeline")}</span>
        <span>{t("run.duration")}</span>
      </div>
      <ol onKeyDown={onListKey}>
        {run.steps.map((step, index) => (
          <li key={step.key}>
            <Row
              step={step}
              bar={bars[index]}
              open={openKey === step.key}
              onToggle={() => setOpenKey(openKey === step.key ? null : step.key)}
            />
          </li>
        ))}
      </ol>
    </section>
  );
}

interface RowProps {
  step: Step;
  bar: Bar | undefined;
  open: boolean;
  onToggle: () => void;
}

function Row({ step, bar, open, onToggle }: RowProps) {
  const { t, format } = useLanguage();
  const kind = KINDS.has(step.kind) ? t(`step.${step.kind}` as TextKey) : step.kind;
  return (
    <>
      <UnstyledButton className={classes.row} onClick={onToggle} aria-expanded={open} data-entry>
        <span className={classes.key}>
          <IconChevronRight size={15} stroke={1.8} data-open={open} aria-hidden />
          <span>{step.key}</span>
        </span>
        <span className={classes.kind}>{kind}</span>
        <span className={classes.status}>
          <StatusPill status={step.status} />
        </span>
        <span className={classes.track} aria-hidden>
          {bar && bar.width > 0 && (
            <i data-tone={toneOf(step.status)} style={{ left: `${bar.start * 100}%`, width: `${Math.min(bar.width, 1 - bar.start) * 100}%` }} />
          )}
        </span>
        <span className={classes.duration}>{format.duration(bar?.durationMs ?? null)}</span>
      </UnstyledButton>
      {open && (
        <div className={classes.open}>
          <p>
            {t("step.started")}: <time>{format.clock(step.started_at)}</time>
            {step.node && ` · ${t("step.node")}: ${step.node}`}
          </p>
          <ErrorNotice error={step.error} />
          <JsonView value={step.output ?? null} label={t("run.output")} />
        </div>
      )}
    </>
  );
}
