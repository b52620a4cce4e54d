/** Which project is shown. One served project needs no choice and no `project=` in requests. */
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { projectsQuery } from "../api/queries";
import type { Project } from "../api/types";
import { useLanguage } from "../language/LanguageProvider";

const KEPT_AS = "tapbot-project";

interface ProjectValue {
  project: Project | null;
  projects: Project[];
  /** Goes into requests; undefined while one project is served. */
  projectId: string | undefined;
  choose: (id: string) => void;
  botTitle: (botId: string) => string;
}

const ProjectContext = createContext<ProjectValue | null>(null);

export function ProjectProvider({ children }: { children: ReactNode }) {
  const { setZone } = useLanguage();
  const { data } = useQuery(projectsQuery);
  const [chosen, setChosen] = useState(() => sessionStorage.getItem(KEPT_AS));
  const projects = useMemo(() => data?.items ?? [], [data]);
  const project = projects.find(({ id }) => id === chosen) ?? projects[0] ?? null;
  const zone = project?.time_zone;

  useEffect(() => {
    if (zone) setZone(zone);
  }, [zone, setZone]);

  const value = useMemo<ProjectValue>(
    () => ({
      project,
      projects,
      projectId: projects.length > 1 ? project?.id : undefined,
      choose: (id) => {
        sessionStorage.setItem(KEPT_AS, id);
        setChosen(id);
      },
      botTitle: (botId) => project?.bots.find(({ id }) => id === botId)?.title ?? botId,
    }),
    [project, projects],
  );
  return <ProjectContext value={value}>{children}</ProjectContext>;
}

export function useProject(): ProjectValue {
  const value = useContext(ProjectContext);
  if (!value) throw new Error("useProject is called outside ProjectProvider.");
  return value;
}
