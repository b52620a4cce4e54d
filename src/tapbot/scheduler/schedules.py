"""Fires schedules: each due time once, kept in the transaction that begins its run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from tapbot.nodes.schedules.due import next_due
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.project.served import ReleaseBook, Served
from tapbot.scheduler.missed import LATE, firing_of
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.workflow import journal
from tapbot.workflow.engine import Engine
from tapbot.workflow.journal import NewRun
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.types import Item

LOG = logger("scheduler")
LONGEST_SLEEP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Timed:
    """A schedule trigger of an active workflow."""

    served: Served
    workflow: PreparedWorkflow
    trigger: PreparedNode


def _resting(scope: Scope, watched: Collection[tuple[str, str]]) -> Callable[[Connection], None]:
    return lambda db: journal.rest_schedules(db, scope, watched)


class Scheduler:
    """Watches the schedules of what is served. What becomes of times that passed meanwhile is the workflow's rule."""

    def __init__(self, engine: Engine, releases: ReleaseBook, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._releases = releases
        self._clock = clock
        self._seen: dict[Scope, str] = {}
        """By project, the release whose schedules are the ones that are kept."""

    async def run_forever(self) -> None:
        """Fire what is due, sleep until the next, until the task is cancelled."""
        while True:
            following = await self.fire_due()
            wait = LONGEST_SLEEP_SECONDS
            if following is not None:
                wait = min(wait, max(0.05, (following - self._clock()).total_seconds()))
            await asyncio.sleep(wait)

    async def fire_due(self) -> datetime | None:
        """Begin a run for each schedule that is due; gives when the next one is."""
        following: list[datetime] = []
        await self._rest_others()
        for timed in self._timed():
            due_at = await self._fire(timed)
            if due_at is not None:
                following.append(due_at)
        return min(following, default=None)

    async def _rest_others(self) -> None:
        """Forget the times of schedules that a new release no longer has, or has switched off."""
        for served in self._releases.all_current:
            scope, release = served.scope, served.project.release
            if self._seen.get(scope) == release:
                continue
            watched = served.watched("schedule", "poll")
            await self._engine.database.write("schedule.rest", _resting(scope, watched))
            self._seen[scope] = release

    def _timed(self) -> Iterator[Timed]:
        for served in self._releases.all_current:
            for workflow in served.workflows.values():
                if workflow.workflow.active:
                    for trigger in workflow.triggers("schedule"):
                        yield Timed(served, workflow, trigger)

    async def _fire(self, timed: Timed) -> datetime | None:
        """Fire one schedule if it is due, and give its next time."""
        now, zone = self._clock(), ZoneInfo(timed.workflow.zone)
        rules = ScheduleTriggerParams.model_validate(timed.trigger.parameters).rule.interval
        following = next_due(rules, now, zone)
        name = (timed.served.scope, timed.workflow.workflow.id, timed.trigger.node.name)
        rules_hash = hashlib.sha256(msgspec.json.encode(timed.trigger.parameters)).hexdigest()
        known = await self._engine.database.read(lambda db: journal.next_due(db, *name, rules_hash=rules_hash))
        if known is not None and known > now:
            return known
        if following is None:
            return None

        def fire(db: Connection) -> datetime:
            due_at = journal.due_schedule(db, *name, rules_hash=rules_hash, first=following)
            if due_at > now:
                return due_at
            firing = firing_of(timed.workflow.rules.missed, due_at, now, lambda after: next_due(rules, after, zone))
            for at in firing.times:  # whoever has time hears of it by what is told
                self._engine.keep(db, self._new_run(timed, at, now), timed.workflow, here=False)
            journal.move_schedule(db, *name, due_at=firing.following or following)
            return firing.following or following

        due_at = await self._engine.database.write("schedule.fire", fire)
        return max(due_at, now + timedelta(milliseconds=50))

    def _new_run(self, timed: Timed, due_at: datetime, now: datetime) -> NewRun:
        """The run of a due time. One that is made up for has that time as its clock."""
        made = self._engine.new_run(
            timed.served.scope,
            timed.served.project.release,
            timed.workflow,
            timed.trigger,
            [Item(json={})],
            mode="schedule",
        )
        late = timed.workflow.rules.missed == "each" and due_at <= now - LATE
        return msgspec.structs.replace(made, clock=due_at) if late else made
