/** The forms of a draft: what it is, its words in each language, and how it goes out. */
import { Checkbox, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useProject } from "../../app/ProjectProvider";
import { LANGUAGE_NAMES } from "../../app/Switches";
import { useLanguage } from "../../language/LanguageProvider";
import { LANGUAGES } from "../../language/translate";
import { channelName } from "../../ui/ChannelMark";
import classes from "./BroadcastPage.module.css";
import type { Draft } from "./draft";
import { Part } from "./Part";

const LONGEST_TEXT = 3500;

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

export function About({ draft, change }: Props) {
  const { t } = useLanguage();
  const { project } = useProject();
  const bots = project?.bots ?? [];
  return (
    <Part title={t("broadcast.about")}>
      <TextInput
        label={t("broadcast.name")}
        description={t("broadcast.nameHint")}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        maxLength={200}
        required
      />
      <div className={classes.pair}>
        <Select
          label={t("broadcast.bot")}
          data={bots.map(({ id, title }) => ({ value: id, label: title }))}
          value={draft.bot}
          onChange={(bot) => bot && change({ bot, channels: [] })}
          allowDeselect={false}
        />
        <TextInput
          label={t("consent.purpose")}
          description={t("broadcast.purposeHint")}
          value={draft.purpose}
          onChange={(event) => change({ purpose: event.currentTarget.value })}
          maxLength={40}
          required
          inputWrapperOrder={["label", "input", "description", "error"]}
        />
      </div>
    </Part>
  );
}

export function Words({ draft, change }: Props) {
  const { t } = useLanguage();
  return (
    <Part title={t("broadcast.words")} hint={t("broadcast.wordsHint")}>
      {LANGUAGES.map((language) => (
        <Textarea
          key={language}
          label={LANGUAGE_NAMES[language]}
          lang={language}
          value={draft.texts[language]}
          onChange={(event) => change({ texts: { ...draft.texts, [language]: event.currentTarget.value } })}
          maxLength={LONGEST_TEXT}
          autosize
          minRows={2}
          maxRows={12}
        />
      ))}
    </Part>
  );
}

export function Delivery({ draft, change }: Props) {
  const { t } = useLanguage();
  const { project } = useProject();
  const channels = project?.bots.find(({ id }) => id === draft.bot)?.channels ?? [];
  return (
    <Part title={t("broadcast.delivery")}>
      <Checkbox.Group
        label={t("broadcast.channels")}
        description={t("broadcast.channelsHint")}
        value={draft.channels}
        onChange={(chosen) => change({ channels: chosen })}
      >
        <div className={classes.choices}>
          {channels.map((channel) => (
            <Checkbox key={channel} value={channel} label={channelName(channel, t)} />
          ))}
        </div>
      </Checkbox.Group>
      {channels.includes("whatsapp") && (
        <TextInput
          label={t("broadcast.template")}
          description={t("broadcast.templateHint")}
          value={draft.template}
          onChange={(event) => change({ template: event.currentTarget.value })}
          maxLength={512}
        />
      )}
      <Switch
        label={t("broadcast.unsubscribe")}
        description={t("broadcast.unsubscribeHint")}
        checked={draft.unsubscribe}
        onChange={(event) => change({ unsubscribe: event.currentTarget.checked })}
      />
      <p className={classes.quiet}>{t("broadcast.throttle")}</p>
    </Part>
  );
}
