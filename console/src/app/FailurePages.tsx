/** Whole-page failures: an address without a room, and a room that broke. */
import { Button } from "@mantine/core";
import { IconCompass } from "@tabler/icons-react";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { useLanguage } from "../language/LanguageProvider";
import { EmptyState } from "../ui/EmptyState";
import { ProblemNotice } from "../ui/ProblemNotice";

export function MissingPage() {
  const { t } = useLanguage();
  return (
    <EmptyState icon={IconCompass} title={t("failure.missingTitle")} text={t("failure.missingText")}>
      <Button component={Link} to="/" variant="light">
        {t("failure.home")}
      </Button>
    </EmptyState>
  );
}

export function CrashPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <div style={{ maxWidth: 560, margin: "12vh auto", padding: 16 }}>
      <ProblemNotice error={error} onRetry={retry} />
    </div>
  );
}
