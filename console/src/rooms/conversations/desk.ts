/** What operators do: how a change reaches the server, and the words for its reasons. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeConversation, type DeskAct } from "../../api/queries";
import { useProject } from "../../app/ProjectProvider";
import english from "../../language/en.json";
import type { TextKey, Translate } from "../../language/translate";

/** Change a conversation, and look again at whatever shows it. */
export function useDesk(conversationId: string, onDone?: () => void) {
  const { projectId } = useProject();
  const answers = useQueryClient();
  return useMutation({
    mutationFn: (act: DeskAct) => changeConversation(projectId, conversationId, act),
    onSuccess: async () => {
      onDone?.();
      await Promise.all(
        [["conversation", conversationId], ["messages", conversationId], ["conversations"]].map((queryKey) =>
          answers.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
}

/** A reason that tapbot gave, in the reader's language; a person's own words as they are. */
/** Why a message did not arrive: in the reader's language where its code is known, else in the channel's words. */
export function failureText(code: string | null, told: string | null, t: Translate): string | null {
  const key = `undelivered.${code ?? ""}`;
  return key in english ? t(key as TextKey) : told;
}

export function reasonText(reason: string, t: Translate): string {
  const key = `reason.${reason}`;
  return key in english ? t(key as TextKey) : reason;
}
