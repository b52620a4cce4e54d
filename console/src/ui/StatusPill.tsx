/** The state of a run, a step or a delivery, as a coloured word. */
import type { RunStatus } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";
import classes from "./StatusPill.module.css";

export type Tone = "good" | "bad" | "warn" | "busy" | "calm";

export const STATUS_TONES: Record<RunStatus, Tone> = {
  ready: "calm",
  running: "busy",
  waiting: "warn",
  succeeded: "good",
  failed: "bad",
  in_doubt: "warn",
  cancelled: "calm",
};

export function Pill({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.pill} data-tone={tone}>
      <i aria-hidden />
      {children}
    </span>
  );
}

export function StatusPill({ status }: { status: RunStatus }) {
  const { t } = useLanguage();
  return <Pill tone={STATUS_TONES[status] ?? "calm"}>{t(`status.${status}`)}</Pill>;
}
