/** Messages that one author wrote in one go: bubbles, buttons, and a line with time, delivery and run. */
import { IconAlertCircle, IconCheck, IconClock, IconChecks, IconHandClick, IconHelpCircle, IconPlayerPause, IconRoute, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Delivery, Message } from "../../api/types";
import { useLanguage } from "../../language/LanguageProvider";
import { Attachments } from "./Attachments";
import classes from "./MessageGroup.module.css";
import type { GroupOfMessages } from "./thread";
import { Undelivered } from "./Undelivered";

interface Props {
  conversationId: string;
  group: GroupOfMessages;
  contact: string;
}

export function MessageGroup({ conversationId, group, contact }: Props) {
  const { t, format } = useLanguage();
  const last = group.messages.at(-1);
  if (!last) return null;
  const author = group.author === "contact" ? (last.speaker ?? contact) : t(`author.${group.author}`);
  const named = group.author !== "contact" || author !== contact; // in a group several people write
  return (
    <div className={classes.group} data-author={group.author} data-testid={`messages-${group.author}`}>
      <span className="hidden-visually">{author}:</span>
      {group.messages.map((message) => (
        <Bubble key={message.id} conversationId={conversationId} message={message} />
      ))}
      <p className={classes.meta}>
        {named && <span>{author}</span>}
        <time dateTime={last.created_at} title={format.exact(last.created_at)}>
          {format.time(last.created_at)}
        </time>
        {last.delivery && <DeliveryMark delivery={last.delivery} />}
        {last.run_id && (
          <Link to="/runs/$runId" params={{ runId: last.run_id }} className={classes.run}>
            <IconRoute size={13} stroke={1.8} aria-hidden />
            {t("conversation.run")}
          </Link>
        )}
      </p>
    </div>
  );
}

function Bubble({ conversationId, message }: { conversationId: string; message: Message }) {
  const { t, format } = useLanguage();
  return (
    <>
      <Attachments conversationId={conversationId} attachments={message.attachments} />
      {(message.text || message.attachments.length === 0) && (
        <div className={classes.bubble}>
          {message.author === "contact" && message.value !== null && (
            <IconHandClick size={15} stroke={1.7} role="img" aria-label={t("conversation.pressed")} />
          )}
          <span dir="auto">{message.text ?? message.value ?? t("conversation.noText")}</span>
        </div>
      )}
      {message.edited_at && (
        <details className={classes.edited}>
          <summary>{t("conversation.edited", { time: format.moment(message.edited_at) })}</summary>
          <ol aria-label={t("conversation.before")}>
            {message.earlier.map((text, number) => (
              <li key={number} dir="auto">
                {text || t("conversation.noText")}
              </li>
            ))}
          </ol>
        </details>
      )}
      {message.buttons.length > 0 && (
        <ul className={classes.buttons} aria-label={t("conversation.buttons")}>
          {message.buttons.map(({ label, value }) => (
            <li key={value} title={value}>
              {label}
            </li>
          ))}
        </ul>
      )}
      {message.delivery !== null && UNDELIVERED.has(message.delivery) && (
        <Undelivered conversationId={conversationId} message={message} />
      )}
    </>
  );
}

const UNDELIVERED: ReadonlySet<Delivery> = new Set(["failed", "in_doubt"]);
const DELIVERY_ICONS = {
  queued: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  failed: IconAlertCircle,
  in_doubt: IconHelpCircle,
  held: IconPlayerPause,
  dropped: IconX,
  stopped: IconPlayerPause,
};

function DeliveryMark({ delivery }: { delivery: Delivery }) {
  const { t } = useLanguage();
  const Shown = DELIVERY_ICONS[delivery];
  return (
    <span className={classes.delivery} data-delivery={delivery}>
      <Shown size={13} stroke={1.9} aria-hidden />
      {t(`delivery.${delivery}`)}
    </span>
  );
}
