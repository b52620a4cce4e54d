/** Where an operator writes: an answer to the customer, or a note that only colleagues see. */
import { Button, Menu, SegmentedControl, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type KeyboardEvent } from "react";
import { cannedQuery } from "../../api/queries";
import type { ConversationDetail, UploadedFile } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { AttachButton, ChosenFiles, MOST_FILES, useUpload } from "./ChosenFiles";
import classes from "./Composer.module.css";
import { useDesk } from "./desk";

type Mode = "reply" | "note";

interface Props {
  conversation: ConversationDetail;
}

export function Composer({ conversation }: Props) {
  return useMayWrite() ? <Form conversation={conversation} /> : null;
}

function Form({ conversation }: Props) {
  const { t } = useLanguage();
  const [mode, setMode] = useState<Mode>("reply");
  const [text, setText] = useState("");
  // One key for one text: pressed twice, or sent again after a lost answer, it is the same reply.
  const [key, setKey] = useState(newKey);
  const [files, setFiles] = useState<UploadedFile[]>([]);
  const upload = useUpload(conversation.id, (file) => setFiles((known) => [...known, file]));
  const desk = useDesk(conversation.id, () => {
    setText("");
    if (mode === "reply") setFiles([]);
    setKey(newKey());
  });
  const ready = text.trim() !== "" || (mode === "reply" && files.length > 0);
  const send = () => {
    const written = text.trim();
    if (!ready || desk.isPending) return;
    const reply = { text: written, files: files.map(({ id }) => id), key };
    desk.mutate(mode === "reply" ? { do: "reply", body: reply } : { do: "note", body: { text: written } });
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
      {mode === "reply" && (
        <ChosenFiles
          files={files}
          upload={upload}
          onRemove={(id) => setFiles((known) => known.filter((file) => file.id !== id))}
        />
      )}
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
        {mode === "reply" && <AttachButton upload={upload} full={files.length >= MOST_FILES} />}
        {mode === "reply" && <CannedMenu conversation={conversation} onChoose={setText} />}
        <Button type="submit" size="xs" ml="auto" loading={desk.isPending} disabled={!ready || upload.isPending}>
          {t(mode === "reply" ? "desk.send" : "desk.save")}
        </Button>
      </div>
    </form>
  );
}

function CannedMenu({ conversation, onChoose }: Props & { onChoose: (text: string) => void }) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const canned = useQuery(cannedQuery(projectId)).data?.items ?? [];
  const language = conversation.contact.language ?? "ru";
  if (canned.length === 0) return null;
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Button size="xs" variant="subtle" color="gray">
          {t("desk.canned")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {canned.map(({ name, texts }) => (
          <Menu.Item key={name} onClick={() => onChoose(texts[language] ?? Object.values(texts)[0] ?? "")}>
            {texts[language] ?? name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function newKey(): string {
  return crypto.randomUUID();
}
