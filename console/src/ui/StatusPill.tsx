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
  return isKnown(status) ? STATUS_TONES[status] : "calm";
}

function isKnown(status: string): status is RunStatus {
  return status in STATUS_TONES;
}

export function StatusPill({ status }: { status: string }) {
  const { t } = useLanguage();
  return <Pill tone={toneOf(status)}>{isKnown(status) ? t(`status.${status}`) : status}</Pill>;
}
