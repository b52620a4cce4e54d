"""Fires schedules: each due time once, kept in the transaction that begins its run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from tapbot.nodes.schedules.due import next_due
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.project.served import ReleaseBook, Served
from tapbot.telemetry import logger
from tapbot.workflow import journal
from tapbot.workflow.engine import Engine
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


class Scheduler:
    """Watches the schedules of what is served. A time that passed while nothing ran is made up for once."""

    def __init__(self, engine: Engine, releases: ReleaseBook, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._releases = releases
        self._clock = clock

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
        for timed in self._timed():
            due_at = await self._fire(timed)
            if due_at is not None:
                following.append(due_at)
        return min(following, default=None)

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
        if following is None:
            return None
        new = self._engine.new_run(
            timed.served.scope,
            timed.served.project.release,
            timed.workflow,
            timed.trigger,
            [Item(json={})],
            mode="schedule",
        )
        name = (timed.served.scope, timed.workflow.workflow.id, timed.trigger.node.name)
        rules_hash = hashlib.sha256(msgspec.json.encode(timed.trigger.parameters)).hexdigest()

        def fire(db: Connection) -> datetime:
            due_at = journal.due_schedule(db, *name, rules_hash=rules_hash, first=following)
            if due_at > now:
                return due_at
            journal.move_schedule(db, *name, due_at=following)
            self._engine.keep(db, new, timed.workflow, here=False)  # whoever has time hears of it by what is told
            return following

        known = await self._engine.database.read(lambda db: journal.next_due(db, *name, rules_hash=rules_hash))
        if known is not None and known > now:
            return known
        due_at = await self._engine.database.write("schedule.fire", fire)
        return max(due_at, now + timedelta(milliseconds=50))
