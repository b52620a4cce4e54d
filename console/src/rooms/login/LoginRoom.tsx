/** Signing in: with e-mail and password, or by the one-time link that `tapbot up` prints. */
import { Button, Loader, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate, useRouteContext } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent } from "react";
import { ApiProblem, requestSession } from "../../api/client";
import { sessionQuery } from "../../api/queries";
import type { Session } from "../../api/types";
import { ColorSchemeSwitch, LanguageSwitch } from "../../app/Switches";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./LoginRoom.module.css";

const route = getRouteApi("/login");

/** Links that were posted: each may be used once, also when React mounts the room twice. */
const posted = new Set<string>();

function useEnter() {
  const answers = useQueryClient();
  const navigate = useNavigate();
  const { next } = route.useSearch();
  return (session: Session) => {
    answers.clear();
    answers.setQueryData(sessionQuery.queryKey, session);
    void navigate({ href: next ?? "/", replace: true });
  };
}

export function LoginRoom() {
  const { t } = useLanguage();
  const { linkToken } = useRouteContext({ from: "__root__" });
  const [token] = useState(() => (linkToken !== null && !posted.has(linkToken) ? linkToken : null));
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <img src="/favicon.svg" width={44} height={44} alt="" />
        <h1>{t("login.title")}</h1>
        {token ? <LinkEntry token={token} /> : <PasswordForm />}
      </div>
      <footer className={classes.foot}>
        <LanguageSwitch />
        <ColorSchemeSwitch />
      </footer>
    </main>
  );
}

function LinkEntry({ token }: { token: string }) {
  const { t } = useLanguage();
  const enter = useEnter();
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (posted.has(token)) return;
    posted.add(token);
    requestSession("/login/link", { method: "POST", body: { token } }).then(enter, setError);
  }, [token, enter]);
  if (!error) {
    return (
      <p className={classes.waiting} role="status">
        <Loader size={18} />
        {t("login.linkWaiting")}
      </p>
    );
  }
  const spent = error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429;
  return (
    <>
      {spent ? <p className={classes.hint} role="alert">{t("login.linkSpent")}</p> : <ProblemNotice error={error} />}
      <PasswordForm />
    </>
  );
}

function PasswordForm() {
  const { t } = useLanguage();
  const enter = useEnter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => requestSession("/login", { method: "POST", body: { email: email.trim(), password } }),
    onSuccess: enter,
  });
  const refused = signIn.error instanceof ApiProblem && (signIn.error.status === 401 || signIn.error.status === 403);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={t("login.email")}
        type="email"
        name="email"
        autoComplete="username"
        required
        withAsterisk={false}
        autoFocus
        size="md"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label={t("login.password")}
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        size="md"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={refused && t("login.refused")}
        visibilityToggleButtonProps={{ "aria-label": t("login.showPassword") }}
      />
      {signIn.error && !refused && <ProblemNotice error={signIn.error} />}
      <Button type="submit" size="md" loading={signIn.isPending} fullWidth>
        {t("login.enter")}
      </Button>
      <p className={classes.hint}>{t("login.linkHint")}</p>
    </form>
  );
}
