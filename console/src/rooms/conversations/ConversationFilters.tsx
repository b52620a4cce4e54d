/** Title, search, and the choice of bot and channel above the list. */
import { Select } from "@mantine/core";
import { useMemo } from "react";
import { useProject } from "../../app/ProjectProvider";
import type { ConversationSearch } from "../../app/search";
import { useLanguage } from "../../language/LanguageProvider";
import { channelName } from "../../ui/ChannelMark";
import { SearchField } from "../../ui/SearchField";
import classes from "./ConversationFilters.module.css";

interface Props {
  search: ConversationSearch;
  onChange: (search: ConversationSearch) => void;
}

export function ConversationFilters({ search, onChange }: Props) {
  const { t } = useLanguage();
  const { project } = useProject();
  const bots = useMemo(() => project?.bots ?? [], [project]);
  const channels = useMemo(() => [...new Set(bots.flatMap((bot) => bot.channels))], [bots]);
  return (
    <header className={classes.filters}>
      <h1>{t("conversations.title")}</h1>
      <SearchField
        label={t("conversations.search")}
        value={search.q ?? ""}
        onChange={(q) => onChange({ ...search, q: q || undefined })}
      />
      <div className={classes.choices}>
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
