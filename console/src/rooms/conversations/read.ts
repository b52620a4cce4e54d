/** An open conversation is read: its unread messages are counted no more. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { markRead, sessionQuery } from "../../api/queries";
import type { Conversation } from "../../api/types";

/** Roles that only look change nothing by looking. */
const MAY_MARK = new Set(["admin", "operator"]);

export function useMarkRead(project: string | undefined, conversation: Conversation | undefined): void {
  const role = useQuery(sessionQuery).data?.principal.role;
  const id = conversation && conversation.unread > 0 && role && MAY_MARK.has(role) ? conversation.id : undefined;
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
