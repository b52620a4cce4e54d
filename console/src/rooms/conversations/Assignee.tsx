/** Who looks after a conversation, and another choice. */
import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { peopleQuery } from "../../api/queries";
import type { ConversationDetail } from "../../api/types";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { useDesk } from "./desk";

export function Assignee({ conversation }: { conversation: ConversationDetail }) {
  const { t } = useLanguage();
  const mayWrite = useMayWrite();
  const people = useQuery(peopleQuery).data?.items ?? [];
  const desk = useDesk(conversation.id);
  const { assignee, team } = conversation;
  if (!mayWrite) return <>{people.find(({ id }) => id === assignee)?.name ?? t("desk.nobody")}</>;
  return (
    <Select
      aria-label={t("desk.assignee")}
      placeholder={t("desk.nobody")}
      data={people.map(({ id, name }) => ({ value: id, label: name }))}
      value={assignee}
      onChange={(chosen) => desk.mutate({ do: "assign", body: { assignee: chosen, team } })}
      clearable
      clearButtonProps={{ "aria-label": t("action.clear") }}
    />
  );
}
