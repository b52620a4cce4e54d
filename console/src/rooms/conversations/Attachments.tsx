/** Files and places of a message: pictures to look at, voices to listen to, everything else to save. */
import { IconFile, IconFileAlert, IconMapPin } from "@tabler/icons-react";
import { apiAddress } from "../../api/client";
import type { Attachment } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useLanguage } from "../../language/LanguageProvider";
import type { Translate } from "../../language/translate";
import classes from "./Attachments.module.css";

interface Props {
  conversationId: string;
  attachments: Attachment[];
}

export function Attachments({ conversationId, attachments }: Props) {
  if (attachments.length === 0) return null;
  return (
    <ul className={classes.list}>
      {attachments.map((attachment, index) => (
        <li key={attachment.file_id ?? index}>
          <Shown conversationId={conversationId} attachment={attachment} />
        </li>
      ))}
    </ul>
  );
}

function Shown({ conversationId, attachment }: { conversationId: string; attachment: Attachment }) {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const name = attachment.name ?? t(`attachment.${attachment.kind}`);
  if (attachment.kind === "place") return <Place attachment={attachment} name={name} />;
  if (attachment.coming || !attachment.file_id) return <Missing attachment={attachment} name={name} />;
  const address = apiAddress(`/conversations/${conversationId}/files/${attachment.file_id}`, { project: projectId });
  const type = attachment.media_type ?? "";
  if (/^image\/(jpeg|png|webp|gif)$/.test(type)) {
    return (
      <a href={address} target="_blank" rel="noreferrer">
        <img className={classes.picture} src={address} alt={name} loading="lazy" />
      </a>
    );
  }
  if (type.startsWith("audio/")) return <Voice address={address} name={name} words={attachment.transcript} />;
  if (type.startsWith("video/")) return <video className={classes.picture} src={address} aria-label={name} controls preload="metadata" />;
  return (
    <a className={classes.file} href={address} download={attachment.name ?? true}>
      <IconFile size={17} stroke={1.7} aria-hidden />
      <span>{name}</span>
      <Size bytes={attachment.size_bytes} />
    </a>
  );
}

function Voice({ address, name, words }: { address: string; name: string; words: string | null | undefined }) {
  return (
    <figure className={classes.voice}>
      <audio src={address} aria-label={name} controls preload="none" />
      {words && <figcaption dir="auto">«{words}»</figcaption>}
    </figure>
  );
}

function Place({ attachment, name }: { attachment: Attachment; name: string }) {
  const { latitude, longitude } = attachment;
  return (
    <a
      className={classes.file}
      href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`}
      target="_blank"
      rel="noreferrer"
    >
      <IconMapPin size={17} stroke={1.7} aria-hidden />
      <span>{name}</span>
    </a>
  );
}

/** What stands in an attachment whose file was kept long enough. */
const GONE = "inbox.file_gone";

function Missing({ attachment, name }: { attachment: Attachment; name: string }) {
  const { t } = useLanguage();
  return (
    <span className={classes.file} data-state={attachment.coming ? "coming" : "failed"}>
      <IconFileAlert size={17} stroke={1.7} aria-hidden />
      <span>{name}</span>
      <small>{whyMissing(attachment, t)}</small>
    </span>
  );
}

function whyMissing({ coming, failed }: Attachment, t: Translate): string {
  if (coming) return t("attachment.coming");
  return failed === GONE ? t("attachment.gone") : t("attachment.failed", { reason: failed ?? "?" });
}

function Size({ bytes }: { bytes: number | null | undefined }) {
  const { format } = useLanguage();
  return bytes ? <small>{format.bytes(bytes)}</small> : null;
}
