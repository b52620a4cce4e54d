/** What a person may do to a run: cancel it, let it go on, try it again, or settle a step in doubt. */
import { Button, Menu, Modal } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { changeRun, type RunChange } from "../../api/queries";
import type { RunDetail } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import type { TextKey } from "../../language/translate";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { runActions, type RunAction } from "./actions";

export function RunActions({ run }: { run: RunDetail }) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const answers = useQueryClient();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<RunAction | null>(null);
  const change = useMutation({
    mutationFn: (wanted: RunChange) => changeRun(projectId, run.id, wanted),
    onSuccess: async ({ id }) => {
      setAsked(null);
      await Promise.all([answers.invalidateQueries({ queryKey: ["run"] }), answers.invalidateQueries({ queryKey: ["runs"] })]);
      if (id !== run.id) void navigate({ to: "/runs/$runId", params: { runId: id } });
    },
  });
  const actions = runActions(run);
  if (actions.length === 0) return null;
  const ask = (action: RunAction) => {
    change.reset();
    setAsked(action);
  };
  const close = () => setAsked(null);
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            {t("run.actions")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {actions.map((action) => (
            <Menu.Item key={action.name} color={action.destroys ? "red" : undefined} onClick={() => ask(action)}>
              {t(`runAction.${action.name}` as TextKey)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={asked !== null}
        onClose={close}
        centered
        title={asked && t(`runAction.${asked.name}` as TextKey)}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {asked && <p>{t(`runActionTells.${asked.tells}` as TextKey)}</p>}
        {change.error && <ProblemNotice error={change.error} />}
        <Button
          fullWidth
          data-autofocus
          color={asked?.destroys ? "red.9" : undefined}
          loading={change.isPending}
          onClick={() => asked && change.mutate(asked.change)}
        >
          {t("runAction.confirm")}
        </Button>
      </Modal>
    </>
  );
}
