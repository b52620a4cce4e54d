/** What changed in a conversation: who held it, notes, tags, with time and author. */
import { useQuery } from "@tanstack/react-query";
import { changesQuery, peopleQuery } from "../../api/queries";
import type { ConversationChange } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import type { Translate } from "../../language/translate";
import { useLanguage } from "../../language/LanguageProvider";
import classes from "./ContactPanel.module.css";
import { reasonText } from "./desk";

export function History({ conversationId }: { conversationId: string }) {
  const { t, format } = useLanguage();
  const { projectId } = useProject();
  const changes = useQuery(changesQuery(projectId, conversationId)).data?.items;
  const people = useQuery(peopleQuery).data?.items ?? [];
  const nameOf = (id: unknown) => people.find((each) => each.id === id)?.name;
  return (
    <section>
      <h3>{t("desk.history")}</h3>
      {changes?.length === 0 && <p className={classes.reason}>{t("desk.historyEmpty")}</p>}
      <ol className={classes.history} data-testid="history">
        {changes?.map((change) => (
          <li key={change.id} data-kind={change.kind}>
            <strong>{tell(change, t, nameOf)}</strong>
            {typeof change.data.text === "string" && <p className={classes.note}>{change.data.text}</p>}
            {typeof change.data.summary === "string" && <p className={classes.note}>{change.data.summary}</p>}
            <p className={classes.reason}>
              {change.reason && <span>{reasonText(change.reason, t)} · </span>}
              <span>{nameOf(change.actor_id) ?? t(`actor.${change.actor_kind}`)}</span>
              <time dateTime={change.at}> · {format.moment(change.at)}</time>
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function tell({ kind, to_holder, data }: ConversationChange, t: Translate, nameOf: (id: unknown) => string | undefined): string {
  switch (kind) {
    case "holder":
      return t("change.holder", { holder: t(`holder.${to_holder ?? "bot"}`) });
    case "assigned":
      return t("change.assigned", { name: nameOf(data.assignee) ?? t("desk.nobody") });
    case "tags":
      return t("change.tags", { tags: Array.isArray(data.tags) && data.tags.length ? data.tags.join(", ") : "—" });
    case "snooze":
      return t(data.until ? "change.snooze" : "change.woken");
    default:
      return t(`change.${kind}`);
  }
}
