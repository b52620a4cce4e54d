/** An open conversation is read: its unread messages are counted no more. */
import { useEffect } from "react";
import { markRead } from "../../api/queries";
import type { Conversation } from "../../api/types";
import { useMayWrite } from "../../app/rights";

export function useMarkRead(project: string | undefined, conversation: Conversation | undefined): void {
  const mayMark = useMayWrite(); // who only looks changes nothing by looking
  const id = conversation && conversation.unread > 0 && mayMark ? conversation.id : undefined;
  const unread = conversation?.unread;
  useEffect(() => {
    if (id === undefined) return;
    const mark = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", mark);
      markRead(project, id).catch(() => undefined); // counted again until the next look; nothing is lost
    };
    document.addEventListener("visibilitychange", mark);
    mark();
    return () => document.removeEventListener("visibilitychange", mark);
  }, [project, id, unread]);
}
