/** A broadcast that was started: how far it is, what became of its messages, and whether it goes on. */
import { Button, Progress } from "@mantine/core";
import type { BroadcastDetail } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useMayManageContacts } from "../../app/rights";
import { LANGUAGE_NAMES } from "../../app/Switches";
import { useLanguage } from "../../language/LanguageProvider";
import { LANGUAGES } from "../../language/translate";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill } from "../../ui/StatusPill";
import classes from "./BroadcastPage.module.css";
import { draftOf, inOrder, needsValue, progressOf, STATUS_TONES } from "./draft";
import { Part } from "./Part";
import { Results } from "./Results";
import { useStarting } from "./starting";
import { reasonName, stateName } from "./words";

export function Outcome({ broadcast }: { broadcast: BroadcastDetail }) {
  const { t } = useLanguage();
  const { stop, start } = useStarting(broadcast.id);
  const mayMake = useMayManageContacts();
  const { status } = broadcast;
  const problem = stop.error ?? start.error;
  return (
    <div data-testid="broadcast">
      <PageHeader title={broadcast.name} back="/broadcasts" below={<Facts broadcast={broadcast} />}>
        {mayMake && status === "running" && (
          <Button size="xs" color="red.9" loading={stop.isPending} onClick={() => stop.mutate()}>
            {t("broadcast.stop")}
          </Button>
        )}
        {mayMake && status === "stopped" && (
          <Button size="xs" loading={start.isPending} onClick={() => start.mutate(null)}>
            {t("broadcast.goOn")}
          </Button>
        )}
      </PageHeader>
      {problem && (
        <div className={classes.notice}>
          <ProblemNotice error={problem} />
        </div>
      )}
      <div className={classes.columns}>
        <div className={classes.column}>
          <Figures broadcast={broadcast} />
          <Results broadcast={broadcast} />
        </div>
        <Said broadcast={broadcast} />
      </div>
    </div>
  );
}

function Facts({ broadcast }: { broadcast: BroadcastDetail }) {
  const { t, format } = useLanguage();
  const { botTitle } = useProject();
  const { status, bot, purpose, starts_at, finished_at } = broadcast;
  return (
    <p className={classes.facts} data-testid="broadcast-status" data-status={status}>
      <Pill tone={STATUS_TONES[status]}>{t(`broadcast.${status}`)}</Pill>
      <span>{[botTitle(bot), purpose].join(" · ")}</span>
      {starts_at && <span>{t("broadcast.begins", { time: format.dateTime(starts_at) })}</span>}
      {finished_at && <span>{t("broadcast.ended", { time: format.dateTime(finished_at) })}</span>}
    </p>
  );
}

function Figures({ broadcast }: { broadcast: BroadcastDetail }) {
  const { t, format } = useLanguage();
  const { through, written } = progressOf(broadcast);
  const left = Object.entries(broadcast.left_out);
  const rows: [string, number][] = [
    ...inOrder(broadcast.messages).map(([state, count]): [string, number] => [stateName(state, t), count]),
    [t("broadcast.unsubscribed"), broadcast.unsubscribed],
  ];
  return (
    <Part title={t("broadcast.progress")}>
      <p className={classes.count} role="status" data-testid="broadcast-progress">
        <strong>{format.number(through)}</strong>
        {t("broadcast.through", { written: format.number(written), counted: format.number(broadcast.counted) })}
      </p>
      <Progress value={written ? (100 * through) / written : 0} aria-label={t("broadcast.progress")} />
      <dl className={classes.figures} data-testid="broadcast-figures">
        {rows.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{format.number(count)}</dd>
          </div>
        ))}
      </dl>
      {left.length > 0 && (
        <>
          <h3>{t("ahead.leftOut")}</h3>
          <dl className={classes.figures}>
            {left.map(([reason, count]) => (
              <div key={reason}>
                <dt>{reasonName(reason, t)}</dt>
                <dd>{format.number(count)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Part>
  );
}

/** What it says and to whom: nobody changes it any more. */
function Said({ broadcast }: { broadcast: BroadcastDetail }) {
  const { t } = useLanguage();
  const { texts, segment } = draftOf(broadcast);
  return (
    <div className={classes.column}>
      <Part title={t("broadcast.words")}>
        <ul className={classes.examples}>
          {LANGUAGES.filter((language) => texts[language]).map((language) => (
            <li key={language}>
              <small>{LANGUAGE_NAMES[language]}</small>
              <p lang={language}>{texts[language]}</p>
            </li>
          ))}
        </ul>
      </Part>
      <Part title={t("segment.title")}>
        {segment.length === 0 && <p className={classes.quiet}>{t("segment.everybody")}</p>}
        <ul className={classes.conditions}>
          {segment.map(({ field, op, value }, index) => (
            <li key={index}>
              <code>{field}</code> {t(`operator.${op}`)} {needsValue(op) && <strong>{value}</strong>}
            </li>
          ))}
        </ul>
      </Part>
    </div>
  );
}
