/** Who would get a draft now: how many, what three of them would read, and who is left out and why. */
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { broadcastPreviewQuery } from "../../api/broadcasts";
import type { BroadcastPreview } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { LANGUAGE_NAMES } from "../../app/Switches";
import { useLanguage } from "../../language/LanguageProvider";
import { LANGUAGES } from "../../language/translate";
import { ChannelMark } from "../../ui/ChannelMark";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./BroadcastPage.module.css";
import { ideaOf, type Draft } from "./draft";
import { Part } from "./Part";
import { reasonName } from "./words";

const GATHER_MS = 400;

export function Ahead({ draft }: { draft: Draft }) {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const idea = ideaOf(draft);
  const [asked] = useDebouncedValue(JSON.stringify(idea), GATHER_MS);
  const preview = useQuery(broadcastPreviewQuery(projectId, JSON.parse(asked) as typeof idea));
  return (
    <Part title={t("ahead.title")}>
      <p className={classes.count} role="status" data-testid="broadcast-count" data-fresh={!preview.isFetching}>
        <strong>{preview.data && !preview.error ? format.number(preview.data.count) : "—"}</strong>
        {t("ahead.people", { count: preview.data?.count ?? 0 })}
      </p>
      {preview.error && <ProblemNotice error={preview.error} onRetry={() => void preview.refetch()} />}
      {preview.data && !preview.error && <Found preview={preview.data} worded={Object.keys(idea.texts ?? {}).length > 0} />}
    </Part>
  );
}

function Found({ preview, worded }: { preview: BroadcastPreview; worded: boolean }) {
  const { t, format } = useLanguage();
  const left = Object.entries(preview.left_out);
  return (
    <>
      {worded && <Examples preview={preview} />}
      {left.length > 0 && (
        <>
          <h3>{t("ahead.leftOut")}</h3>
          <dl className={classes.figures} data-testid="broadcast-left-out">
            {left.map(([reason, count]) => (
              <div key={reason}>
                <dt>{reasonName(reason, t)}</dt>
                <dd>{format.number(count)}</dd>
              </div>
            ))}
          </dl>
          <details className={classes.who}>
            <summary>{t("ahead.who")}</summary>
            <ul>
              {preview.who_is_left_out.map(({ contact_id, name, reason }) => (
                <li key={contact_id}>
                  <Link to="/contacts/$contactId" params={{ contactId: contact_id }}>
                    {name ?? contact_id.slice(0, 8)}
                  </Link>
                  <small>{reasonName(reason, t)}</small>
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
      {preview.quiet_hours && <p className={classes.quiet}>{t("ahead.quiet", { hours: preview.quiet_hours.replace("-", "–") })}</p>}
    </>
  );
}

function Examples({ preview }: { preview: BroadcastPreview }) {
  const { t, format } = useLanguage();
  const known = LANGUAGES.filter((language) => preview.languages[language]);
  return (
    <>
      {known.length > 0 && (
        <p className={classes.quiet}>
          {known.map((language) => `${LANGUAGE_NAMES[language]} ${format.number(preview.languages[language] ?? 0)}`).join(" · ")}
        </p>
      )}
      <ul className={classes.examples} aria-label={t("ahead.examples")}>
        {preview.examples.map(({ contact_id, name, channel, language, text }) => (
          <li key={contact_id}>
            <small>
              <ChannelMark channel={channel} /> {name ?? contact_id.slice(0, 8)}
            </small>
            <p lang={language}>{text}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
