/** Which changes of a run make sense in its status. Pure; the server checks each of them again. */
import type { RunChange } from "../../api/queries";
import type { RunStatus } from "../../api/types";

export type RunActionName =
  | "resume"
  | "happened"
  | "again"
  | "giveUp"
  | "retryStep"
  | "retryStepNew"
  | "retryStart"
  | "retryStartNew"
  | "cancel";

export interface RunAction {
  name: RunActionName;
  /** Which sentence says what will happen. */
  tells: "resume" | "happened" | "again" | "giveUp" | "retryStep" | "retryStart" | "cancel";
  change: RunChange;
  /** It cannot be taken back. */
  destroys?: boolean;
}

const RESUME: RunAction = { name: "resume", tells: "resume", change: { do: "resume" } };
const CANCEL: RunAction = { name: "cancel", tells: "cancel", change: { do: "cancel" }, destroys: true };
const FROM_START: RunAction[] = [
  { name: "retryStart", tells: "retryStart", change: { do: "retry", body: { start: "beginning", release: "same" } } },
  { name: "retryStartNew", tells: "retryStart", change: { do: "retry", body: { start: "beginning", release: "current" } } },
];
const FROM_STEP: RunAction[] = [
  { name: "retryStep", tells: "retryStep", change: { do: "retry", body: { start: "failed_step", release: "same" } } },
  { name: "retryStepNew", tells: "retryStep", change: { do: "retry", body: { start: "failed_step", release: "current" } } },
];

/** Offer what fits; a bot's turn and a tool's run belong to their conversation and are not begun anew by hand. */
export function runActions(run: { status: RunStatus; kind: string; steps: { key: string; status: string }[] }): RunAction[] {
  const retries = run.kind === "workflow";
  switch (run.status) {
    case "waiting":
      return [RESUME, CANCEL];
    case "ready":
    case "running":
      return [CANCEL];
    case "in_doubt":
      return retries ? [...decisions(run.steps), CANCEL] : [...decisions(run.steps).slice(-1), CANCEL];
    case "failed":
      return retries ? [...FROM_STEP, ...FROM_START] : [];
    default:
      return retries ? FROM_START : [];
  }
}

function decisions(steps: { key: string; status: string }[]): RunAction[] {
  const begun = steps.filter(({ status }) => status === "started");
  const step = begun.length === 1 ? (begun[0]?.key ?? null) : null; // else the server finds it, or says which there are
  const decide = (decision: "happened" | "again" | "fail"): RunChange => ({
    do: "decide",
    body: { decision, step, },
  });
  return [
    { name: "happened", tells: "happened", change: decide("happened") },
    { name: "again", tells: "again", change: decide("again") },
    { name: "giveUp", tells: "giveUp", change: decide("fail"), destroys: true },
  ];
}
