/** How a start, a stop and a going on reach the server, and whatever shows the broadcast looks again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { startBroadcast, stopBroadcast } from "../../api/broadcasts";
import type { BroadcastDetail } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";

export function useStarting(id: string, onDone?: () => void) {
  const { projectId } = useProject();
  const answers = useQueryClient();
  const onSuccess = (found: BroadcastDetail) => {
    answers.setQueryData(["broadcast", id, projectId], found);
    void answers.invalidateQueries({ queryKey: ["broadcasts"] });
    onDone?.();
  };
  const start = useMutation({ mutationFn: (at: string | null) => startBroadcast(projectId, id, at), onSuccess });
  const stop = useMutation({ mutationFn: () => stopBroadcast(projectId, id), onSuccess });
  return { start, stop };
}
