/** The two switches of the interface: language, and light or dark. */
import { ActionIcon, Menu, Tooltip, useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconLanguage, IconMoon, IconSun, type Icon } from "@tabler/icons-react";
import { useLanguage } from "../language/LanguageProvider";
import { LANGUAGES, type Language } from "../language/translate";

/** Languages name themselves, so that everyone finds their own. */
export const LANGUAGE_NAMES: Record<Language, string> = { kk: "Қазақша", ru: "Русский", en: "English" };

export const SCHEMES: { value: MantineColorScheme; icon: Icon }[] = [
  { value: "light", icon: IconSun },
  { value: "dark", icon: IconMoon },
  { value: "auto", icon: IconDeviceDesktop },
];

const CHOSEN = <IconCheck size={15} aria-hidden />;

export function LanguageSwitch() {
  const { t } = useLanguage();
  return (
    <Menu position="top-start" width={180}>
      <Menu.Target>
        <Tooltip label={t("language.title")}>
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={t("language.title")}>
            <IconLanguage size={17} stroke={1.7} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <LanguageItems />
      </Menu.Dropdown>
    </Menu>
  );
}

export function LanguageItems() {
  const { language, setLanguage } = useLanguage();
  return LANGUAGES.map((each) => (
    <Menu.Item key={each} lang={each} rightSection={each === language && CHOSEN} onClick={() => setLanguage(each)}>
      {LANGUAGE_NAMES[each]}
    </Menu.Item>
  ));
}

export function ColorSchemeSwitch() {
  const { t } = useLanguage();
  const { colorScheme } = useMantineColorScheme();
  const Shown = SCHEMES.find(({ value }) => value === colorScheme)?.icon ?? IconDeviceDesktop;
  return (
    <Menu position="top-start" width={180}>
      <Menu.Target>
        <Tooltip label={t("scheme.title")}>
          <ActionIcon variant="subtle" color="gray" size={28} aria-label={t("scheme.title")}>
            <Shown size={17} stroke={1.7} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <SchemeItems />
      </Menu.Dropdown>
    </Menu>
  );
}

export function SchemeItems() {
  const { t } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return SCHEMES.map(({ value, icon: Icon }) => (
    <Menu.Item
      key={value}
      leftSection={<Icon size={15} stroke={1.7} aria-hidden />}
      rightSection={value === colorScheme && CHOSEN}
      onClick={() => setColorScheme(value)}
    >
      {t(`scheme.${value}`)}
    </Menu.Item>
  ));
}
