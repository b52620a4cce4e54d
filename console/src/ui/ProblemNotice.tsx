/** A failed request in words: what happened, why, and what to do. */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { ApiProblem } from "../api/client";
import { useLanguage } from "../language/LanguageProvider";
import type { Translate } from "../language/translate";
import classes from "./ProblemNotice.module.css";

export interface ProblemWords {
  title: string;
  detail: string | null;
  place: string | null;
  advice: string;
  reference: string | null;
}

/** Put any error into words; the server's own sentences are kept. */
export function describeProblem(error: unknown, t: Translate): ProblemWords {
  if (!(error instanceof ApiProblem)) {
    const detail = error instanceof Error ? error.message : String(error);
    return { title: t("problem.console"), detail, place: null, advice: t("problem.consoleAdvice"), reference: null };
  }
  if (error.status === 0) {
    return { title: t("problem.offline"), detail: null, place: null, advice: t("problem.offlineAdvice"), reference: null };
  }
  return {
    title: titleFor(error, t),
    detail: error.detail,
    place: error.place,
    advice: error.hint ?? adviceFor(error.status, t),
    reference: error.reference,
  };
}

/** The usual refusals by name in the reader's language; else what the server says. */
function titleFor({ status, title }: ApiProblem, t: Translate): string {
  if (status === 403) return t("problem.forbidden");
  if (status === 404) return t("problem.missing");
  if (status === 429) return t("problem.tooMany");
  return title || t("problem.unknown");
}

function adviceFor(status: number, t: Translate): string {
  if (status === 403) return t("problem.forbiddenAdvice");
  if (status === 404) return t("problem.missingAdvice");
  if (status === 429) return t("problem.tooManyAdvice");
  return status >= 500 ? t("problem.serverAdvice") : t("problem.requestAdvice");
}

interface Props {
  error: unknown;
  onRetry?: () => void;
}

export function ProblemNotice({ error, onRetry }: Props) {
  const { t } = useLanguage();
  const { title, detail, place, advice, reference } = describeProblem(error, t);
  return (
    <div className={classes.notice} role="alert">
      <IconAlertTriangle size={20} stroke={1.7} aria-hidden />
      <div>
        <strong>{title}</strong>
        {detail && detail !== title && <p>{detail}</p>}
        {place && <p className={classes.reference}>{place}</p>}
        <p className={classes.advice}>{advice}</p>
        {reference && <p className={classes.reference}>{t("problem.reference", { id: reference })}</p>}
        {onRetry && (
          <Button
            size="xs"
            variant="default"
            mt={10}
            leftSection={<IconRefresh size={14} aria-hidden />}
            onClick={onRetry}
          >
            {t("action.retry")}
          </Button>
        )}
      </div>
    </div>
  );
}
