/** Conversations: the list beside the open conversation; on a phone one of the two. */
import { IconMessages } from "@tabler/icons-react";
import { Outlet, useLocation, useParams } from "@tanstack/react-router";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ConversationList } from "./ConversationList";
import classes from "./ConversationsRoom.module.css";

export function ConversationsRoom() {
  const { t } = useLanguage();
  const { conversationId } = useParams({ strict: false });
  const troubles = useLocation().pathname.endsWith("/troubles");
  const open = Boolean(conversationId) || troubles;
  return (
    <div className={classes.room} data-open={open ? "conversation" : "list"}>
      <section className={classes.list} aria-label={t("conversations.title")}>
        <ConversationList openId={conversationId} />
      </section>
      <section className={classes.open} aria-label={t(troubles ? "troubles.title" : "conversation.title")}>
        <Outlet />
        {!open && (
          <div className={classes.pick}>
            <EmptyState icon={IconMessages} title={t("conversations.pickTitle")} text={t("conversations.pickText")} />
          </div>
        )}
      </section>
    </div>
  );
}
