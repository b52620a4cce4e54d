/** The state of a run, a step or a delivery, as a coloured word. */
import type { RunStatus } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";
import classes from "./StatusPill.module.css";

export type Tone = "good" | "bad" | "warn" | "busy" | "calm";

const STATUS_TONES: Record<RunStatus, Tone> = {
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

/** The tone of a status; one that the console does not know is calm. */
export function toneOf(status: string): Tone {
  const known = knownStatus(status);
  return known ? STATUS_TONES[known] : "calm";
}

/** The journal says "done" of a step. */
const STEP_STATUSES: Record<string, RunStatus> = { done: "succeeded" };

function knownStatus(status: string): RunStatus | null {
  const same = STEP_STATUSES[status] ?? status;
  return same in STATUS_TONES ? (same as RunStatus) : null;
}

export function StatusPill({ status }: { status: string }) {
  const { t } = useLanguage();
  const known = knownStatus(status);
  return <Pill tone={toneOf(status)}>{known ? t(`status.${known}`) : status}</Pill>;
}
