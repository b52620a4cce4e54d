/** Who is signed in, and signing out. On a phone it also holds the language and the colour scheme. */
import { Menu, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconLogout } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { keepCsrfToken, request } from "../api/client";
import { sessionQuery } from "../api/queries";
import { useLanguage } from "../language/LanguageProvider";
import { Portrait } from "../ui/Portrait";
import classes from "./AccountMenu.module.css";
import { LanguageItems, SchemeItems } from "./Switches";

export function AccountMenu() {
  const { t } = useLanguage();
  const answers = useQueryClient();
  const navigate = useNavigate();
  const phone = useMediaQuery("(max-width: 800px)");
  const { data: session } = useQuery(sessionQuery);
  const signOut = useMutation({
    mutationFn: () => request<unknown>("/logout", { method: "POST" }),
    onSettled: () => {
      keepCsrfToken(null);
      answers.clear();
      void navigate({ to: "/login", search: {} });
    },
  });
  const principal = session?.principal;
  if (!principal) return null;
  return (
    <Menu position={phone ? "bottom-end" : "top-start"} width={phone ? 240 : 204}>
      <Menu.Target>
        <UnstyledButton className={classes.account}>
          <span className="hidden-visually">{t("account.title")}:</span>
          <Portrait name={principal.name || principal.email} size={28} />
          <span className={classes.text}>
            <strong>{principal.name || principal.email}</strong>
            <span>{principal.role}</span>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{principal.email}</Menu.Label>
        {phone && (
          <>
            <Menu.Divider />
            <Menu.Label>{t("language.title")}</Menu.Label>
            <LanguageItems />
            <Menu.Divider />
            <Menu.Label>{t("scheme.title")}</Menu.Label>
            <SchemeItems />
            <Menu.Divider />
          </>
        )}
        <Menu.Item leftSection={<IconLogout size={15} stroke={1.7} aria-hidden />} onClick={() => signOut.mutate()}>
          {t("account.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
