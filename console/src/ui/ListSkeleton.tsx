/** Grey rows in the shape of the list that is loading. */
import { Skeleton } from "@mantine/core";
import { useLanguage } from "../language/LanguageProvider";
import classes from "./ListSkeleton.module.css";

export function ListSkeleton({ rows = 8, round = false }: { rows?: number; round?: boolean }) {
  const { t } = useLanguage();
  return (
    <div className={classes.rows} role="status" aria-label={t("action.loading")}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={classes.row}>
          {round && <Skeleton circle height={36} />}
          <div>
            <Skeleton height={11} width={`${38 + ((index * 17) % 30)}%`} />
            <Skeleton height={9} width={`${60 + ((index * 23) % 32)}%`} />
          </div>
        </div>
      ))}
    </div>
  );
}
