/** What is known about the contact, who holds the conversation, and the bot's memory of it. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ConversationDetail } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { LANGUAGE_NAMES } from "../../app/Switches";
import { useLanguage } from "../../language/LanguageProvider";
import { LANGUAGES } from "../../language/translate";
import { ChannelMark } from "../../ui/ChannelMark";
import { CopyButton } from "../../ui/CopyButton";
import { JsonView } from "../../ui/JsonView";
import { Assignee } from "./Assignee";
import classes from "./ContactPanel.module.css";
import { reasonText } from "./desk";
import { History } from "./History";

export function ContactPanel({ conversation }: { conversation: ConversationDetail }) {
  const { t, format } = useLanguage();
  const { botTitle } = useProject();
  const { contact, channel, bot, holder, holder_reason, state, last_message_at } = conversation;
  const language = LANGUAGES.find((each) => each === contact.language);
  return (
    <div className={classes.panel}>
      <dl>
        <Fact label={t("contact.name")}>
          <Link to="/contacts/$contactId" params={{ contactId: contact.id }}>
            {contact.name ?? t("contact.nameless")}
          </Link>
        </Fact>
        <Fact label={t("contact.phone")}>
          {contact.phone ? (
            <span className={classes.copyable}>
              <a href={`tel:${contact.phone}`}>{format.phone(contact.phone)}</a>
              <CopyButton text={contact.phone} />
            </span>
          ) : (
            "—"
          )}
        </Fact>
        <Fact label={t("contact.language")}>{language ? LANGUAGE_NAMES[language] : (contact.language ?? "—")}</Fact>
        <Fact label={t("contact.channel")}>
          <ChannelMark channel={channel} named />
        </Fact>
        <Reach conversation={conversation} />
        <Fact label={t("contact.bot")}>{botTitle(bot)}</Fact>
        <Fact label={t("contact.lastMessage")}>{format.dateTime(last_message_at)}</Fact>
        <Fact label={t("contact.holder")}>
          {t(`holder.${holder}`)}
          {holder_reason && <p className={classes.reason}>{reasonText(holder_reason, t)}</p>}
        </Fact>
        <Fact label={t("desk.assignee")}>
          <Assignee conversation={conversation} />
        </Fact>
        {conversation.tags.length > 0 && <Fact label={t("desk.tags")}>{conversation.tags.join(", ")}</Fact>}
        {conversation.snoozed_until && (
          <Fact label={t("desk.snooze")}>
            {t("desk.snoozedUntil", { time: format.dateTime(conversation.snoozed_until) })}
          </Fact>
        )}
        {conversation.reply_due_at && (
          <Fact label={t("desk.reply")}>{t("desk.replyDue", { time: format.dateTime(conversation.reply_due_at) })}</Fact>
        )}
      </dl>
      <History conversationId={conversation.id} />
      <section>
        <h3>{t("contact.state")}</h3>
        {state && Object.keys(state).length > 0 ? (
          <JsonView value={state} label={t("contact.state")} />
        ) : (
          <p className={classes.reason}>{t("contact.stateEmpty")}</p>
        )}
      </section>
    </div>
  );
}

/** By which link the contact came, and whether the bot may still write to them. */
function Reach({ conversation: { blocked_at, link } }: { conversation: ConversationDetail }) {
  const { t, format } = useLanguage();
  return (
    <>
      {blocked_at && <Fact label={t("contact.blocked")}>{t("contact.blockedSince", { time: format.dateTime(blocked_at) })}</Fact>}
      {link && (
        <Fact label={t("contact.link")}>
          <code>{link}</code>
        </Fact>
      )}
    </>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
