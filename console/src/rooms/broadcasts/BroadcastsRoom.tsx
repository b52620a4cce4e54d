/** Broadcasts: one message to many people who agreed to it, the newest first. */
import { Button } from "@mantine/core";
import { IconPlus, IconSpeakerphone } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { broadcastsQuery } from "../../api/broadcasts";
import type { Broadcast } from "../../api/types";
import { useProject } from "../../app/ProjectProvider";
import { useMayManageContacts } from "../../app/rights";
import { useLanguage } from "../../language/LanguageProvider";
import { EmptyState } from "../../ui/EmptyState";
import { useListKeys } from "../../ui/listKeys";
import { ListSkeleton } from "../../ui/ListSkeleton";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemNotice } from "../../ui/ProblemNotice";
import { Pill } from "../../ui/StatusPill";
import classes from "./BroadcastsRoom.module.css";
import { STATUS_TONES } from "./draft";

export function BroadcastsRoom() {
  const { t } = useLanguage();
  const { projectId } = useProject();
  const mayMake = useMayManageContacts();
  const onListKey = useListKeys();
  const found = useInfiniteQuery(broadcastsQuery(projectId));
  const loaded = useMemo(() => found.data?.pages.flatMap(({ items }) => items), [found.data]);
  return (
    <>
      <PageHeader title={t("broadcasts.title")}>{mayMake && <NewButton />}</PageHeader>
      {found.isPending && <ListSkeleton rows={8} />}
      {found.error && (
        <div className={classes.problem}>
          <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
        </div>
      )}
      {loaded?.length === 0 && (
        <EmptyState icon={IconSpeakerphone} title={t("broadcasts.emptyTitle")} text={t("broadcasts.emptyText")} />
      )}
      {loaded && loaded.length > 0 && (
        <ul aria-label={t("broadcasts.title")} onKeyDown={onListKey} data-testid="broadcast-list">
          {loaded.map((broadcast) => (
            <li key={broadcast.id}>
              <Row broadcast={broadcast} />
            </li>
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <div className={classes.more}>
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("action.loadMore")}
          </Button>
        </div>
      )}
    </>
  );
}

function NewButton() {
  const { t } = useLanguage();
  return (
    <Button component={Link} to="/broadcasts/new" size="xs" className={classes.new} leftSection={<IconPlus size={15} aria-hidden />}>
      {t("broadcasts.new")}
    </Button>
  );
}

function Row({ broadcast }: { broadcast: Broadcast }) {
  const { t, format } = useLanguage();
  const { botTitle } = useProject();
  const { id, name, status, bot, purpose, counted, starts_at, created_at } = broadcast;
  const when = starts_at ?? created_at;
  return (
    <Link to="/broadcasts/$broadcastId" params={{ broadcastId: id }} className={classes.row} data-entry>
      <span className={classes.what}>
        <strong>{name}</strong>
        <small>{[botTitle(bot), purpose, counted > 0 && t("broadcasts.counted", { count: counted })].filter(Boolean).join(" · ")}</small>
      </span>
      <Pill tone={STATUS_TONES[status]}>{t(`broadcast.${status}`)}</Pill>
      <time dateTime={when} title={format.exact(when)}>
        {format.moment(when)}
      </time>
    </Link>
  );
}
