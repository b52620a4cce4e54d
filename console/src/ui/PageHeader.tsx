/** The top of a room or a page: way back, title, and what can be done here. */
import { ActionIcon } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useEscape } from "../app/escape";
import { useLanguage } from "../language/LanguageProvider";
import classes from "./PageHeader.module.css";

interface Props {
  title: ReactNode;
  /** Address of the list that this page belongs to. */
  back?: "/runs" | "/workflows" | "/records" | "/conversations" | "/contacts" | "/broadcasts";
  below?: ReactNode;
  children?: ReactNode;
}

export function PageHeader({ title, back, below, children }: Props) {
  const router = useRouter();
  useEscape(back && (() => void router.navigate({ to: back })));
  return (
    <header className={classes.header}>
      <div className={classes.line}>
        {back && <BackButton to={back} />}
        <h1>{title}</h1>
        {children && <div className={classes.actions}>{children}</div>}
      </div>
      {below && <div className={classes.below}>{below}</div>}
    </header>
  );
}

export function BackButton({ to }: { to: NonNullable<Props["back"]> }) {
  const { t } = useLanguage();
  const router = useRouter();
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={32}
      aria-label={t("action.back")}
      onClick={() => void router.navigate({ to })}
    >
      <IconArrowLeft size={18} stroke={1.7} aria-hidden />
    </ActionIcon>
  );
}
