/** One part of a broadcast's page under its name. */
import type { ReactNode } from "react";
import classes from "./BroadcastPage.module.css";

interface Props {
  title: string;
  hint?: string;
  action?: ReactNode;
  children: ReactNode;
}

export function Part({ title, hint, action, children }: Props) {
  return (
    <section className={classes.part} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {action}
      </header>
      <div>
        {hint && <p className={classes.quiet}>{hint}</p>}
        {children}
      </div>
    </section>
  );
}
