/** The frame around every room: navigation beside it (below it on a phone), palette, live updates. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useRef, useState } from "react";
import { followEvents } from "../api/live";
import { TITLED_KEYS } from "../api/queries";
import { useLanguage } from "../language/LanguageProvider";
import { Navigation } from "./Navigation";
import { PLACES } from "./places";
import { ProjectProvider, useProject } from "./ProjectProvider";
import { prefetchRooms } from "./rooms";
import { useShortcuts } from "./shortcuts";
import classes from "./Shell.module.css";

const fetchPalette = () => import("./Palette");
const Palette = lazy(() => fetchPalette().then(({ Palette }) => ({ default: Palette })));

/** Once the first page stands, the palette and the other rooms are brought in, so that they open at once. */
const PREFETCH_AFTER_MS = 1_500;
const ShortcutsHelp = lazy(() => import("./ShortcutsHelp").then(({ ShortcutsHelp }) => ({ default: ShortcutsHelp })));

export function Shell() {
  const { t } = useLanguage();
  const [paletteAsked, setPaletteAsked] = useState(0);
  const [helpOpen, setHelpOpen] = useState(false);
  const askPalette = () => setPaletteAsked((times) => times + 1);

  useEffect(() => {
    const timer = window.setTimeout(() => {
      fetchPalette().catch(() => undefined); // asked again when it is opened
      prefetchRooms();
    }, PREFETCH_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, []);
  useTitle();
  useShortcuts({ askPalette, askHelp: () => setHelpOpen(true) });

  return (
    <ProjectProvider>
      <LiveUpdates />
      <div className={classes.shell}>
        <a className={classes.skip} href="#room">
          {t("shell.skip")}
        </a>
        <Navigation askPalette={askPalette} askHelp={() => setHelpOpen(true)} />
        <main className={classes.room} id="room" tabIndex={-1}>
          <Outlet />
        </main>
        <nav className={classes.tabs} aria-label={t("shell.rooms")}>
          {PLACES.filter(({ onDesk }) => !onDesk).map(({ to, label, icon: Icon }) => (
            <Link key={to} to={to} className={classes.tab} activeOptions={{ exact: to === "/" }}>
              <Icon size={22} stroke={1.7} aria-hidden />
              <span>{t(label)}</span>
            </Link>
          ))}
        </nav>
        <Suspense>
          {paletteAsked > 0 && <Palette asked={paletteAsked} />}
          {helpOpen && <ShortcutsHelp onClose={() => setHelpOpen(false)} />}
        </Suspense>
      </div>
    </ProjectProvider>
  );
}

/** Keeps what is on the screen up to date, and its titles in the chosen language. */
function LiveUpdates() {
  const answers = useQueryClient();
  const { language } = useLanguage();
  const { projectId } = useProject();
  useEffect(() => followEvents(answers, projectId), [answers, projectId]);
  const shown = useRef(language);
  useEffect(() => {
    if (shown.current === language) return;
    shown.current = language;
    for (const key of TITLED_KEYS) void answers.invalidateQueries({ queryKey: [key] });
  }, [answers, language]);
  return null;
}

/** The browser's tab names the room. */
function useTitle(): void {
  const { t } = useLanguage();
  const { pathname } = useLocation();
  const place = PLACES.find(({ to }) => (to === "/" ? pathname === "/" : pathname.startsWith(to)));
  useEffect(() => {
    document.title = place ? `${t(place.label)} · tapbot` : "tapbot";
  }, [place, t]);
}
