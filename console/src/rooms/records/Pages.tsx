/** Where in the records one is, and the way to the next and previous page. */
import { ActionIcon } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useLanguage } from "../../language/LanguageProvider";
import classes from "./Pages.module.css";

interface Props {
  /** From 1. */
  page: number;
  size: number;
  total: number;
  onPage: (page: number) => void;
}

export function Pages({ page, size, total, onPage }: Props) {
  const { t, format } = useLanguage();
  const from = (page - 1) * size + 1;
  const to = Math.min(page * size, total);
  return (
    <div className={classes.pages}>
      <span className="numeric" data-testid="records-range">
        {t("records.range", { from: format.number(from), to: format.number(to), total: format.number(total) })}
      </span>
      <ActionIcon variant="default" size={30} disabled={page <= 1} onClick={() => onPage(page - 1)} aria-label={t("records.previous")}>
        <IconChevronLeft size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="default" size={30} disabled={to >= total} onClick={() => onPage(page + 1)} aria-label={t("records.next")}>
        <IconChevronRight size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
