/** The error of a run, a step or a node: what happened, where, what to do. */
import { IconAlertTriangle } from "@tabler/icons-react";
import type { RunError } from "../api/types";
import { errorWords } from "../graph/trace";
import classes from "./ProblemNotice.module.css";

export function ErrorNotice({ error, title }: { error: RunError | null; title?: string }) {
  const words = errorWords(error);
  if (!words) return null;
  return (
    <div className={classes.notice} role="alert" style={{ marginBottom: 14 }}>
      <IconAlertTriangle size={20} stroke={1.7} aria-hidden />
      <div>
        {title && <strong>{title}</strong>}
        <p>{words.message}</p>
        {words.place && <p className={classes.reference}>{words.place}</p>}
        {words.hint && <p className={classes.advice}>{words.hint}</p>}
      </div>
    </div>
  );
}
