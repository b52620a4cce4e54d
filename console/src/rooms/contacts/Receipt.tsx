/** The receipt of an erasure: what went, when, and the hash that also stands in the audit log. */
import type { ErasureReceipt } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { CopyButton } from "../../ui/CopyButton";
import classes from "./Erasure.module.css";

export function Receipt({ receipt }: { receipt: ErasureReceipt }) {
  const { t, format } = useLanguage();
  const rows = Object.values(receipt.erased).reduce((sum, count) => sum + count, 0);
  return (
    <div className={classes.receipt} data-testid="receipt">
      <p>
        <strong>{t("erasure.rows", { count: rows })}</strong>
        <time dateTime={receipt.erased_at}>{format.dateTime(receipt.erased_at)}</time>
      </p>
      <p className={classes.hash}>
        <code>{receipt.receipt_hash}</code>
        <CopyButton text={JSON.stringify(receipt, null, 2)} label={t("erasure.copy")} />
      </p>
    </div>
  );
}
