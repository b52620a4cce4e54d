/** Where an operator writes: an answer to the customer, or a note that only colleagues see. */
import { Button, Menu, SegmentedControl, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type KeyboardEvent } from "react";
import { cannedQuery } from "../../api/queries";
import type { ConversationDetail } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./Composer.module.css";
import { useDesk, useMayWrite } from "./desk";

type Mode = "reply" | "note";

interface Props {
  conversation: ConversationDetail;
}

export function Composer({ conversation }: Props) {
  return useMayWrite() ? <Form conversation={conversation} /> : null;
}

function Form({ conversation }: Props) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const [mode, setMode] = useState<Mode>("reply");
  const [text, setText] = useState("");
  // One key for one text: pressed twice, or sent again after a lost answer, it is the same reply.
  const [key, setKey] = useState(newKey);
  const desk = useDesk(conversation.id, () => {
    setText("");
    setKey(newKey());
  });
  const canned = useQuery(cannedQuery(projectId)).data?.items ?? [];
  const language = conversation.contact.language ?? "ru";
  const send = () => {
    const written = text.trim();
    if (!written || desk.isPending) return;
    desk.mutate(mode === "reply" ? { do: "reply", body: { text: written, key } } : { do: "note", body: { text: written } });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  };
  return (
    <form
      className={classes.composer}
      data-mode={mode}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {desk.error && <ProblemNotice error={desk.error} />}
      <Textarea
        aria-label={t(`desk.${mode}`)}
        placeholder={t(`desk.${mode}Hint`)}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKey}
        autosize
        minRows={1}
        maxRows={8}
        maxLength={4000}
      />
      <div className={classes.line}>
        <SegmentedControl
          size="xs"
          value={mode}
          onChange={(value) => setMode(value === "note" ? "note" : "reply")}
          data={[
            { value: "reply", label: t("desk.reply") },
            { value: "note", label: t("desk.note") },
          ]}
        />
        {mode === "reply" && canned.length > 0 && (
          <Menu position="top-start">
            <Menu.Target>
              <Button size="xs" variant="subtle" color="gray">
                {t("desk.canned")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {canned.map(({ name, texts }) => (
                <Menu.Item key={name} onClick={() => setText(texts[language] ?? Object.values(texts)[0] ?? "")}>
                  {texts[language] ?? name}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
        <Button type="submit" size="xs" ml="auto" loading={desk.isPending} disabled={!text.trim()}>
          {t(mode === "reply" ? "desk.send" : "desk.save")}
        </Button>
      </div>
    </form>
  );
}

function newKey(): string {
  return crypto.randomUUID();
}
