/** What the reader may do, by their role; the server checks it again. */
import { useQuery } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries";

const MAY_WRITE = new Set(["admin", "operator"]);

function useRole(): string | undefined {
  return useQuery(sessionQuery).data?.principal.role;
}

/** Whether the reader may change conversations and contacts. */
export function useMayWrite(): boolean {
  return MAY_WRITE.has(useRole() ?? "");
}

/** Whether the reader may take all data of a contact out, or erase it. */
export function useMayManageContacts(): boolean {
  return useRole() === "admin";
}
