/** What may be done with a contact: change, verify the phone, merge, take the data out, erase. */
import { Button, Menu, Modal } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { exportContact } from "../../api/contacts";
import type { Contact, ErasureReceipt } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useMayManageContacts, useMayWrite } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { saveFile } from "../../ui/saveFile";
import { Erased, Erasure } from "./Erasure";
import { MergeWith } from "./MergeWith";
import { ChangePerson, VerifyPhone } from "./PersonForms";

type Asked = "change" | "verify" | "merge" | "export" | "erase";

export function ContactActions({ person }: { person: Contact }) {
  return useMayWrite() ? <Actions person={person} /> : null;
}

function Actions({ person }: { person: Contact }) {
  const { projectId } = useProject();
  const [asked, setAsked] = useState<Asked | null>(null);
  const takeOut = useMutation({
    mutationFn: () => exportContact(projectId, person.id),
    onSuccess: (zip) => saveFile(zip, `contact-${person.id}.zip`),
    onError: () => setAsked("export"),
  });
  const choose = (next: Asked) => (next === "export" ? takeOut.mutate() : setAsked(next));
  return (
    <>
      <ActionsMenu busy={takeOut.isPending} onChoose={choose} />
      {asked && <Dialog person={person} asked={asked} problem={takeOut.error} onClose={() => setAsked(null)} />}
    </>
  );
}

function ActionsMenu({ busy, onChoose }: { busy: boolean; onChoose: (asked: Asked) => void }) {
  const { t } = useLanguage();
  const mayManage = useMayManageContacts();
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button size="xs" variant="default" loading={busy} rightSection={<IconChevronDown size={14} aria-hidden />}>
          {t("run.actions")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["change", "verify", "merge"] as const).map((each) => (
          <Menu.Item key={each} onClick={() => onChoose(each)}>
            {t(`contactAction.${each}`)}
          </Menu.Item>
        ))}
        {mayManage && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => onChoose("export")}>{t("contactAction.export")}</Menu.Item>
            <Menu.Item color="red" onClick={() => onChoose("erase")}>
              {t("contactAction.erase")}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

interface DialogProps {
  person: Contact;
  asked: Asked;
  problem: Error | null;
  onClose: () => void;
}

function Dialog({ person, asked, problem, onClose }: DialogProps) {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const [receipt, setReceipt] = useState<ErasureReceipt | null>(null);
  const close = receipt ? () => void navigate({ to: "/contacts" }) : onClose;
  return (
    <Modal
      opened
      onClose={close}
      centered
      title={t(`contactAction.${asked}`)}
      closeButtonProps={{ "aria-label": t("action.close") }}
      data-testid={`contact-${asked}`}
    >
      {asked === "change" && <ChangePerson person={person} onDone={onClose} />}
      {asked === "verify" && <VerifyPhone person={person} onDone={onClose} />}
      {asked === "merge" && <MergeWith person={person} onDone={onClose} />}
      {asked === "export" && problem && <ProblemNotice error={problem} />}
      {asked === "erase" && !receipt && <Erasure person={person} onErased={setReceipt} />}
      {receipt && <Erased receipt={receipt} onLeave={close} />}
    </Modal>
  );
}
