/** The palette (⌘K): go to a room, a conversation, a workflow or a collection; change language and colours. */
import { useMantineColorScheme } from "@mantine/core";
import "@mantine/spotlight/styles.layer.css";
import { Spotlight, createSpotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconDatabase, IconLanguage, IconMessage, IconSearch, IconSitemap } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { collectionsQuery, conversationsQuery, workflowsQuery } from "../api/queries";
import { useLanguage } from "../language/LanguageProvider";
import { LANGUAGES } from "../language/translate";
import classes from "./Palette.module.css";
import { PLACES } from "./places";
import { useProject } from "./ProjectProvider";
import { LANGUAGE_NAMES, SCHEMES } from "./Switches";

const MOST_SHOWN = 12;
const ICON = { size: 18, stroke: 1.6, "aria-hidden": true } as const;
const [store, spotlight] = createSpotlight();

export function Palette({ asked }: { asked: number }) {
  const { t } = useLanguage();
  const groups = [...usePlaceGroups(), useChoiceGroup()];
  useEffect(() => {
    spotlight.open();
  }, [asked]);
  return (
    <Spotlight
      store={store}
      shortcut={null}
      actions={groups.filter(({ actions }) => actions.length > 0)}
      nothingFound={t("palette.nothing")}
      limit={MOST_SHOWN}
      highlightQuery
      scrollable
      maxHeight={420}
      radius={12}
      overlayProps={{ backgroundOpacity: 0.3, blur: 2 }}
      classNames={{ search: classes.search }}
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.6} aria-hidden />,
        placeholder: t("palette.placeholder"),
        "aria-label": t("palette.placeholder"),
      }}
    />
  );
}

function usePlaceGroups(): SpotlightActionGroupData[] {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const { projectId, botTitle } = useProject();
  const conversations = useInfiniteQuery(conversationsQuery(projectId)).data?.pages[0]?.items;
  const workflows = useQuery(workflowsQuery(projectId)).data?.items;
  const collections = useQuery(collectionsQuery(projectId)).data?.items;
  return useMemo(
    () => [
      {
        group: t("palette.go"),
        actions: PLACES.map(({ to, label, icon: Icon }) => ({
          id: to,
          label: t(label),
          leftSection: <Icon {...ICON} />,
          onClick: () => void navigate({ to }),
        })),
      },
      {
        group: t("conversations.title"),
        actions: (conversations ?? []).slice(0, 30).map(({ id, contact, bot, last_text }) => ({
          id,
          label: contact.name ?? contact.phone ?? t("contact.nameless"),
          description: `${botTitle(bot)} · ${last_text ?? ""}`.slice(0, 90),
          leftSection: <IconMessage {...ICON} />,
          onClick: () => void navigate({ to: "/conversations/$conversationId", params: { conversationId: id } }),
        })),
      },
      {
        group: t("workflows.title"),
        actions: (workflows ?? []).map(({ id, name }) => ({
          id: `workflow ${id}`,
          label: name,
          leftSection: <IconSitemap {...ICON} />,
          onClick: () => void navigate({ to: "/workflows/$workflowId", params: { workflowId: id } }),
        })),
      },
      {
        group: t("records.title"),
        actions: (collections ?? []).map(({ name, title }) => ({
          id: `collection ${name}`,
          label: title ?? name,
          keywords: name,
          leftSection: <IconDatabase {...ICON} />,
          onClick: () => void navigate({ to: "/records/$collection", params: { collection: name } }),
        })),
      },
    ],
    [t, navigate, conversations, workflows, collections, botTitle],
  );
}

function useChoiceGroup(): SpotlightActionGroupData {
  const { t, setLanguage } = useLanguage();
  const { setColorScheme } = useMantineColorScheme();
  return {
    group: t("palette.settings"),
    actions: [
      ...LANGUAGES.map((language) => ({
        id: `language ${language}`,
        label: `${t("language.title")}: ${LANGUAGE_NAMES[language]}`,
        leftSection: <IconLanguage {...ICON} />,
        onClick: () => setLanguage(language),
      })),
      ...SCHEMES.map(({ value, icon: Icon }) => ({
        id: `scheme ${value}`,
        label: `${t("scheme.title")}: ${t(`scheme.${value}`)}`,
        leftSection: <Icon {...ICON} />,
        onClick: () => setColorScheme(value),
      })),
    ],
  };
}
