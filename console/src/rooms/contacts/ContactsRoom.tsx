/** Contacts: who writes to the company, with search and one tag. */
import { Button, Pill } from "@mantine/core";
import { IconAddressBook, IconUserOff } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { contactsQuery } from "../../api/contacts";
import { useProject } from "../../app/ProjectProvider";
import { useMayManageContacts } from "../../app/rights";
import type { ContactsSearch } from "../../app/search";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { SearchField } from "../../ui/SearchField";
import { ContactList } from "./ContactList";
import classes from "./ContactsRoom.module.css";
import { Receipts } from "./Receipts";

export function ContactsRoom() {
  const { t } = useLanguage();
  const navigate = useNavigate();
  const { projectId } = useProject();
  const { q, tag } = useSearch({ from: "/inside/contacts" });
  const contacts = useInfiniteQuery(contactsQuery(projectId, { search: q, tag }));
  const loaded = useMemo(() => contacts.data?.pages.flatMap(({ items }) => items), [contacts.data]);
  const show = (search: ContactsSearch) => void navigate({ to: "/contacts", search, replace: true });
  return (
    <>
      <PageHeader title={t("contacts.title")} below={<Tools search={{ q, tag }} show={show} />}>
        <Button component={Link} to="/broadcasts" size="xs" variant="default" c="inherit">
          {t("broadcasts.title")}
        </Button>
        {useMayManageContacts() && <Receipts />}
      </PageHeader>
      {contacts.isPending && <ListSkeleton rows={12} round />}
      {contacts.error && (
        <div className={classes.problem}>
          <ProblemNotice error={contacts.error} onRetry={() => void contacts.refetch()} />
        </div>
      )}
      {loaded && loaded.length > 0 && <ContactList contacts={loaded} label={t("contacts.title")} />}
      {loaded?.length === 0 && <Nobody searched={Boolean(q ?? tag)} onClear={() => show({})} />}
      {contacts.hasNextPage && (
        <div className={classes.more}>
          <Button variant="default" loading={contacts.isFetchingNextPage} onClick={() => void contacts.fetchNextPage()}>
            {t("action.loadMore")}
          </Button>
        </div>
      )}
    </>
  );
}

function Tools({ search, show }: { search: ContactsSearch; show: (search: ContactsSearch) => void }) {
  const { t } = useLanguage();
  const { q, tag } = search;
  return (
    <div className={classes.tools}>
      <div className={classes.search}>
        <SearchField label={t("contacts.search")} value={q ?? ""} onChange={(next) => show({ tag, q: next || undefined })} />
      </div>
      {tag && (
        <Pill
          withRemoveButton
          onRemove={() => show({ q })}
          removeButtonProps={{ "aria-hidden": false, tabIndex: 0, "aria-label": t("attachment.remove", { name: tag }) }}
        >
          {t("contacts.tagged", { tag })}
        </Pill>
      )}
    </div>
  );
}

function Nobody({ searched, onClear }: { searched: boolean; onClear: () => void }) {
  const { t } = useLanguage();
  if (!searched) return <EmptyState icon={IconAddressBook} title={t("contacts.emptyTitle")} text={t("contacts.emptyText")} />;
  return (
    <EmptyState icon={IconUserOff} title={t("contacts.noneFoundTitle")} text={t("contacts.noneFoundText")}>
      <Button variant="light" onClick={onClear}>
        {t("action.clearFilters")}
      </Button>
    </EmptyState>
  );
}
