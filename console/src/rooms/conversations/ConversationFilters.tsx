/** Title, search, and the choice of bot and channel above the list. */
import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { peopleQuery } from "../../api/queries";
import { HOLDERS } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import type { ConversationSearch } from "../../app/search";
import { useLanguage } from "../../language/LanguageProvider";
import { channelName } from "../../ui/ChannelMark";
import { SearchField } from "../../ui/SearchField";
import classes from "./ConversationFilters.module.css";
import { TroublesLink } from "./Troubles";

interface Props {
  search: ConversationSearch;
  onChange: (search: ConversationSearch) => void;
}

export function ConversationFilters({ search, onChange }: Props) {
  const { t } = useLanguage();
  const { project } = useProject();
  const bots = useMemo(() => project?.bots ?? [], [project]);
  const channels = useMemo(() => [...new Set(bots.flatMap((bot) => bot.channels))], [bots]);
  const people = useQuery(peopleQuery).data?.items;
  const teams = useMemo(() => [...new Set(people?.flatMap(({ team }) => (team ? [team] : [])))], [people]);
  return (
    <header className={classes.filters}>
      <h1>{t("conversations.title")}</h1>
      <TroublesLink />
      <SearchField
        label={t("conversations.search")}
        value={search.q ?? ""}
        onChange={(q) => onChange({ ...search, q: q || undefined })}
      />
      <div className={classes.choices}>
        <Select
          aria-label={t("desk.state")}
          placeholder={t("desk.allStates")}
          data={HOLDERS.map((holder) => ({ value: holder, label: t(`holder.${holder}`) }))}
          value={search.holder ?? null}
          onChange={(holder) => onChange({ ...search, holder: HOLDERS.find((each) => each === holder) })}
          clearable
          clearButtonProps={{ "aria-label": t("action.clear") }}
        />
        {teams.length > 0 && (
          <Select
            aria-label={t("desk.team")}
            placeholder={t("desk.allTeams")}
            data={teams}
            value={search.team ?? null}
            onChange={(team) => onChange({ ...search, team: team ?? undefined })}
            clearable
            clearButtonProps={{ "aria-label": t("action.clear") }}
          />
        )}
        {bots.length > 1 && (
          <Select
            aria-label={t("conversations.bot")}
            placeholder={t("conversations.allBots")}
            data={bots.map(({ id, title }) => ({ value: id, label: title }))}
            value={search.bot ?? null}
            onChange={(bot) => onChange({ ...search, bot: bot ?? undefined })}
            clearable
            clearButtonProps={{ "aria-label": t("action.clear") }}
          />
        )}
        {channels.length > 1 && (
          <Select
            aria-label={t("conversations.channel")}
            placeholder={t("conversations.allChannels")}
            data={channels.map((channel) => ({ value: channel, label: channelName(channel, t) }))}
            value={search.channel ?? null}
            onChange={(channel) => onChange({ ...search, channel: channel ?? undefined })}
            clearable
            clearButtonProps={{ "aria-label": t("action.clear") }}
          />
        )}
      </div>
    </header>
  );
}
