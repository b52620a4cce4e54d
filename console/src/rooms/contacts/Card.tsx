/** One part of what is known of a contact, under its name. */
import type { ReactNode } from "react";
import classes from "./ContactPage.module.css";

interface Props {
  title: string;
  action?: ReactNode;
  children: ReactNode;
}

export function Card({ title, action, children }: Props) {
  return (
    <section className={classes.card} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {action}
      </header>
      {children}
    </section>
  );
}
