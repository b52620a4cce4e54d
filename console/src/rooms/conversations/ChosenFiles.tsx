/** The files that go with a reply: chosen, uploaded at once, and taken out again by a press. */
import { ActionIcon, FileButton, Loader, Pill } from "@mantine/core";
import { IconPaperclip } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { uploadConversationFile } from "../../api/queries";
import type { UploadedFile } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import classes from "./Composer.module.css";

export const MOST_FILES = 10;

/** Uploads what is chosen; `onUploaded` gets each file when the server has it. */
export function useUpload(conversationId: string, onUploaded: (file: UploadedFile) => void) {
  const { projectId } = useProject();
  return useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) onUploaded(await uploadConversationFile(projectId, conversationId, file));
    },
  });
}

type Upload = ReturnType<typeof useUpload>;

export function AttachButton({ upload, full }: { upload: Upload; full: boolean }) {
  const { t } = useLanguage();
  return (
    <FileButton multiple onChange={(files) => upload.mutate(files)} disabled={full || upload.isPending}>
      {(props) => (
        <ActionIcon {...props} variant="subtle" color="gray" aria-label={t("attachment.attach")} title={t("attachment.attach")} disabled={full}>
          {upload.isPending ? <Loader size={16} /> : <IconPaperclip size={18} stroke={1.7} aria-hidden />}
        </ActionIcon>
      )}
    </FileButton>
  );
}

interface ChosenProps {
  files: UploadedFile[];
  upload: Upload;
  onRemove: (id: string) => void;
}

export function ChosenFiles({ files, upload, onRemove }: ChosenProps) {
  const { t } = useLanguage();
  return (
    <>
      {upload.error && <ProblemNotice error={upload.error} />}
      {files.length > 0 && (
        <div className={classes.files}>
          {files.map(({ id, name }) => (
            <Pill
              key={id}
              withRemoveButton
              onRemove={() => onRemove(id)}
              removeButtonProps={{ "aria-hidden": false, tabIndex: 0, "aria-label": t("attachment.remove", { name: name ?? "" }) }}
            >
              {name ?? t("attachment.document")}
            </Pill>
          ))}
        </div>
      )}
    </>
  );
}
