/** Where the bar of each step stands on the timeline of a run. Pure. */
import type { Step } from "../../api/types";

export interface Bar {
  /** Share of the whole, from 0 to 1. */
  start: number;
  width: number;
  durationMs: number | null;
}

const NARROWEST = 0.006;

/** One bar a step, against the time from the first start to the last end. */
export function layTimeline(steps: readonly Pick<Step, "started_at" | "finished_at">[], nowMs: number): Bar[] {
  const spans = steps.map(({ started_at, finished_at }) => {
    const start = started_at ? Date.parse(started_at) : null;
    const end = finished_at ? Date.parse(finished_at) : null;
    return { start, end };
  });
  const known = spans.flatMap(({ start, end }) => (start === null ? [] : [start, end ?? nowMs]));
  const first = Math.min(...known);
  const whole = Math.max(1, Math.max(...known) - first);
  return spans.map(({ start, end }) => {
    if (start === null) return { start: 0, width: 0, durationMs: null };
    const width = Math.max(NARROWEST, ((end ?? nowMs) - start) / whole);
    return {
      start: Math.min((start - first) / whole, 1 - NARROWEST),
      width: Math.min(width, 1),
      durationMs: end === null ? null : end - start,
    };
  });
}
