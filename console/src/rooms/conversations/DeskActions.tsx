/** Take a chat, give it back, put it off, tag it, close it. */
import { Button, Menu, Modal, TagsInput, Textarea } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import type { DeskAct } from "../../api/queries";
import type { ConversationDetail } from "../../api/types";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { useDesk } from "./desk";

const HOUR_MS = 3_600_000;
type Asked = "return" | "tags" | null;

interface Props {
  conversation: ConversationDetail;
}

export function DeskActions({ conversation }: Props) {
  return useMayWrite() ? <Actions conversation={conversation} /> : null;
}

function Actions({ conversation }: Props) {
  const { t } = useLanguage();
  const [asked, setAsked] = useState<Asked>(null);
  const desk = useDesk(conversation.id, () => setAsked(null));
  const held = conversation.holder === "human";
  const ask = (what: Asked) => {
    desk.reset();
    setAsked(what);
  };
  return (
    <>
      <Button
        size="xs"
        loading={desk.isPending}
        onClick={() => (held ? ask("return") : desk.mutate({ do: "claim", body: {} }))}
      >
        {t(held ? "desk.return" : "desk.claim")}
      </Button>
      <MoreActions conversation={conversation} act={desk.mutate} onTags={() => ask("tags")} />
      <Modal
        opened={asked !== null || desk.isError}
        onClose={() => ask(null)}
        centered
        title={t(asked ? `desk.${asked}` : "desk.actions")}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        {desk.error && <ProblemNotice error={desk.error} />}
        {asked === "return" && <GiveBack busy={desk.isPending} act={desk.mutate} />}
        {asked === "tags" && <Tags tags={conversation.tags} busy={desk.isPending} act={desk.mutate} />}
      </Modal>
    </>
  );
}

type Act = (act: DeskAct) => void;

function MoreActions({ conversation, act, onTags }: Props & { act: Act; onTags: () => void }) {
  const { t } = useLanguage();
  const snooze = (hours: number) =>
    act({ do: "snooze", body: { until: new Date(Date.now() + hours * HOUR_MS).toISOString() } });
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button size="xs" variant="default" px={8} aria-label={t("desk.actions")}>
          <IconChevronDown size={16} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onTags}>{t("desk.tags")}</Menu.Item>
        <Menu.Label>{t("desk.snooze")}</Menu.Label>
        {conversation.snoozed_until ? (
          <Menu.Item onClick={() => act({ do: "snooze", body: { until: null } })}>{t("desk.wake")}</Menu.Item>
        ) : (
          <>
            <Menu.Item onClick={() => snooze(1)}>{t("desk.snoozeHour")}</Menu.Item>
            <Menu.Item onClick={() => snooze(24)}>{t("desk.snoozeDay")}</Menu.Item>
          </>
        )}
        <Menu.Divider />
        {conversation.holder !== "closed" && (
          <Menu.Item onClick={() => act({ do: "close", body: {} })}>{t("desk.close")}</Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function GiveBack({ busy, act }: { busy: boolean; act: Act }) {
  const { t } = useLanguage();
  const [summary, setSummary] = useState("");
  return (
    <>
      <Textarea
        data-autofocus
        label={t("desk.summary")}
        value={summary}
        onChange={(event) => setSummary(event.currentTarget.value)}
        maxLength={2000}
        autosize
        minRows={2}
      />
      <Button fullWidth mt="md" loading={busy} onClick={() => act({ do: "return", body: { summary } })}>
        {t("desk.return")}
      </Button>
    </>
  );
}

function Tags({ tags, busy, act }: { tags: string[]; busy: boolean; act: Act }) {
  const { t } = useLanguage();
  const [wanted, setWanted] = useState(tags);
  return (
    <>
      <TagsInput
        data-autofocus
        label={t("desk.tags")}
        placeholder={t("desk.tagsHint")}
        value={wanted}
        onChange={setWanted}
        maxTags={20}
      />
      <Button fullWidth mt="md" loading={busy} onClick={() => act({ do: "tags", body: { tags: wanted } })}>
        {t("desk.save")}
      </Button>
    </>
  );
}
