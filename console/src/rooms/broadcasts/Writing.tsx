/** A draft: what it says and to whom, who would get it now, a test to one person, and the start. */
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { saveBroadcast } from "../../api/broadcasts";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill } from "../../ui/StatusPill";
import { Ahead } from "./Ahead";
import classes from "./BroadcastPage.module.css";
import { contentOf, isReady, type Draft } from "./draft";
import { Segment } from "./Segment";
import { StartDialog } from "./StartDialog";
import { TestDialog } from "./TestDialog";
import { About, Delivery, Words } from "./WritingForms";

type Asked = "test" | "start";

interface Props {
  /** `null` for one that is not kept yet. */
  id: string | null;
  first: Draft;
}

export function Writing({ id, first }: Props) {
  const { t } = useLanguage();
  const [draft, setDraft] = useState(first);
  const [asked, setAsked] = useState<Asked | null>(null);
  const saving = useSaving(id, draft);
  const dirty = id === null || JSON.stringify(contentOf(draft)) !== JSON.stringify(contentOf(first));
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  // What is tested or started is what stands here, so it is kept first.
  const ask = (next: Asked) => (dirty ? saving.mutate(undefined, { onSuccess: () => setAsked(next) }) : setAsked(next));
  const ready = isReady(draft);
  return (
    <div data-testid="broadcast-draft">
      <PageHeader
        title={draft.name || t("broadcasts.new")}
        back="/broadcasts"
        below={
          <div className={classes.tools}>
            <Pill tone="calm">{t("broadcast.draft")}</Pill>
            <Button size="xs" variant="default" disabled={!ready || !dirty} loading={saving.isPending} onClick={() => saving.mutate()}>
              {t("broadcast.save")}
            </Button>
            <Button size="xs" variant="default" disabled={!ready || id === null} onClick={() => ask("test")}>
              {t("broadcast.test")}
            </Button>
            <Button size="xs" disabled={!ready || id === null} onClick={() => ask("start")}>
              {t("broadcast.start")}
            </Button>
          </div>
        }
      />
      {saving.error && (
        <div className={classes.notice}>
          <ProblemNotice error={saving.error} />
        </div>
      )}
      <div className={classes.columns}>
        <div className={classes.column}>
          <About draft={draft} change={change} />
          <Words draft={draft} change={change} />
          <Segment conditions={draft.segment} change={(segment) => change({ segment })} />
          <Delivery draft={draft} change={change} />
        </div>
        <div className={classes.ahead}>
          <Ahead draft={draft} />
        </div>
      </div>
      {id && asked === "test" && <TestDialog id={id} onClose={() => setAsked(null)} />}
      {id && asked === "start" && <StartDialog id={id} onClose={() => setAsked(null)} />}
    </div>
  );
}

/** Keep the draft; a new one gets its address. */
function useSaving(id: string | null, draft: Draft) {
  const { projectId } = useProject();
  const answers = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => saveBroadcast(projectId, id, contentOf(draft)),
    onSuccess: async (kept) => {
      answers.setQueryData(["broadcast", kept.id, projectId], kept);
      void answers.invalidateQueries({ queryKey: ["broadcasts"] });
      if (id === null) await navigate({ to: "/broadcasts/$broadcastId", params: { broadcastId: kept.id }, replace: true });
    },
  });
}
