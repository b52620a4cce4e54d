/** How a change of a contact reaches the server, and whatever shows the contact looks again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeContact, type ContactAct } from "../../api/contacts";
import { useProject } from "../../app/ProjectProvider";

export function useContactDesk(contactId: string, onDone?: () => void) {
  const { projectId } = useProject();
  const answers = useQueryClient();
  return useMutation({
    mutationFn: (act: ContactAct) => changeContact(projectId, contactId, act),
    onSuccess: async () => {
      onDone?.();
      const stale = [["contact"], ["contacts"], ["conversations"], ["conversation"]];
      await Promise.all(stale.map((queryKey) => answers.invalidateQueries({ queryKey })));
    },
  });
}
