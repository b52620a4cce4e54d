/** The project's bots, collections and release. */
import { IconExternalLink, IconRobot, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { collectionsQuery } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { channelName } from "../../ui/ChannelMark";
import classes from "./OverviewRoom.module.css";

const MOST_COLLECTIONS = 4;

export function ProjectCard() {
  const { t } = useLanguage();
  const { project, projectId } = useProject();
  const collections = useQuery(collectionsQuery(projectId)).data?.items ?? [];
  if (!project) return null;
  return (
    <section className={classes.card} aria-labelledby="project">
      <header className={classes.cardHead}>
        <h2 id="project">{project.name}</h2>
      </header>
      <ul>
        {project.bots.map(({ id, title, channels }) => (
          <li key={id}>
            <a
              className={classes.entry}
              href={channels.includes("webchat") ? `/chat/${encodeURIComponent(id)}` : undefined}
              target="_blank"
              rel="noopener"
              title={channels.includes("webchat") ? t("overview.openChat") : undefined}
            >
              <IconRobot size={18} stroke={1.6} aria-hidden />
              <span className={classes.body}>
                <strong>{title}</strong>
                <span>{channels.map((channel) => channelName(channel, t)).join(", ")}</span>
              </span>
              {channels.includes("webchat") && <IconExternalLink size={16} stroke={1.6} role="img" aria-label={t("overview.openChat")} />}
            </a>
          </li>
        ))}
        {collections.slice(0, MOST_COLLECTIONS).map(({ name, title, count }) => (
          <li key={name}>
            <Link to="/records/$collection" params={{ collection: name }} className={classes.entry}>
              <IconTable size={18} stroke={1.6} aria-hidden />
              <span className={classes.body}>
                <strong>{title ?? name}</strong>
              </span>
              <time>{t("records.count", { count })}</time>
            </Link>
          </li>
        ))}
      </ul>
      <p className={classes.facts}>
        <span>{t("overview.release")}</span>
        <span className="mono" title={project.release}>
          {project.release.slice(0, 12)}
        </span>
      </p>
    </section>
  );
}
