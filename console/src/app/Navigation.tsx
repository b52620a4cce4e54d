/** The navigation: project, rooms, palette, live state and the account. A bar at the top on a phone. */
import { ActionIcon, Select, Tooltip, UnstyledButton } from "@mantine/core";
import { IconKeyboard, IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useLiveState } from "../api/live";
import { useLanguage } from "../language/LanguageProvider";
import { AccountMenu } from "./AccountMenu";
import classes from "./Navigation.module.css";
import { PLACES } from "./places";
import { useProject } from "./ProjectProvider";
import { ColorSchemeSwitch, LanguageSwitch } from "./Switches";

interface Props {
  askPalette: () => void;
  askHelp: () => void;
}

export function Navigation({ askPalette, askHelp }: Props) {
  const { t } = useLanguage();
  return (
    <header className={classes.navigation}>
      <ProjectName />
      <UnstyledButton className={classes.search} onClick={askPalette}>
        <IconSearch size={16} stroke={1.8} aria-hidden />
        <span>{t("palette.open")}</span>
        <kbd aria-hidden>⌘K</kbd>
      </UnstyledButton>
      <nav className={classes.places} aria-label={t("shell.rooms")}>
        {PLACES.map(({ to, label, key, icon: Icon }) => (
          <Link key={to} to={to} className={classes.place} activeOptions={{ exact: to === "/" }}>
            <Icon size={18} stroke={1.7} aria-hidden />
            <span>{t(label)}</span>
            <kbd aria-hidden>g {key}</kbd>
          </Link>
        ))}
      </nav>
      <div className={classes.foot}>
        <LiveIndicator />
        <div className={classes.switches}>
          <LanguageSwitch />
          <ColorSchemeSwitch />
          <Tooltip label={t("shortcuts.title")}>
            <ActionIcon variant="subtle" color="gray" size={28} onClick={askHelp} aria-label={t("shortcuts.title")}>
              <IconKeyboard size={17} stroke={1.7} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </div>
        <AccountMenu />
      </div>
    </header>
  );
}

function ProjectName() {
  const { t } = useLanguage();
  const { project, projects, choose } = useProject();
  return (
    <div className={classes.project}>
      <img src="/favicon.svg" width={28} height={28} alt="" />
      {projects.length > 1 ? (
        <Select
          aria-label={t("shell.project")}
          value={project?.id ?? null}
          data={projects.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(id) => id && choose(id)}
          allowDeselect={false}
          variant="unstyled"
          size="sm"
        />
      ) : (
        <div className={classes.projectText}>
          <strong>{project?.name ?? "tapbot"}</strong>
          {project && <span>{project.environment}</span>}
        </div>
      )}
    </div>
  );
}

function LiveIndicator() {
  const { t } = useLanguage();
  const state = useLiveState();
  return (
    <p className={classes.live} data-state={state} role="status" data-testid="live-state">
      <i aria-hidden />
      {t(`live.${state}`)}
    </p>
  );
}
