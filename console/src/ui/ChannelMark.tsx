/** The channel of a conversation, as a small icon with its name. */
import { IconBrandTelegram, IconBrandWhatsapp, IconMail, IconMessage, IconWorld, type Icon } from "@tabler/icons-react";
import { useLanguage } from "../language/LanguageProvider";
import type { TextKey, Translate } from "../language/translate";

const ICONS: Record<string, Icon> = {
  telegram: IconBrandTelegram,
  whatsapp: IconBrandWhatsapp,
  webchat: IconWorld,
  email: IconMail,
  sms: IconMessage,
};

export function channelName(channel: string, t: Translate): string {
  return channel in ICONS ? t(`channel.${channel}` as TextKey) : channel;
}

export function ChannelMark({ channel, named = false }: { channel: string; named?: boolean }) {
  const { t } = useLanguage();
  const Shown = ICONS[channel] ?? IconMessage;
  const name = channelName(channel, t);
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 5, verticalAlign: "-2px" }} title={name}>
      <Shown size={15} stroke={1.7} role={named ? undefined : "img"} aria-label={named ? undefined : name} aria-hidden={named} />
      {named && name}
    </span>
  );
}
