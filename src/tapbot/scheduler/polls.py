"""Lets polling triggers look for news: each is looked at when it is due, and what it finds begins one run."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from tapbot.credentials.vault import Vault
from tapbot.errors import TapbotError
from tapbot.nodes.schedules.due import next_due
from tapbot.project.served import ReleaseBook, Served
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient
from tapbot.workflow import journal
from tapbot.workflow.effects import step_under_way
from tapbot.workflow.engine import Engine
from tapbot.workflow.keys import NodeKeys
from tapbot.workflow.polling import Look, Polled
from tapbot.workflow.release import PreparedNode, PreparedWorkflow

LOG = logger("scheduler")
LOOK_EVERY_SECONDS = 1.0
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class PollTrigger:
    """A polling trigger of an active workflow."""

    served: Served
    workflow: PreparedWorkflow
    trigger: PreparedNode
    params: Any

    @property
    def name(self) -> tuple[Scope, str, str]:
        """Names its schedule and its cursor."""
        return self.served.scope, self.workflow.workflow.id, self.trigger.node.name

    @property
    def rules_hash(self) -> str:
        """Other parameters begin anew."""
        return hashlib.sha256(msgspec.json.encode(self.trigger.parameters)).hexdigest()


class Poller:
    """Looks for news with the polling triggers of what is served."""

    def __init__(
        self, engine: Engine, releases: ReleaseBook, vault: Vault, http: HttpClient, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._releases = releases
        self._vault = vault
        self._http = http
        self._clock = clock

    async def run_forever(self) -> None:
        """Look where it is due, until the task is cancelled."""
        while True:
            await self.look_due()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def look_due(self) -> None:
        """Look with each trigger that is due, with all at once; one that fails is tried again at its next time."""
        async with asyncio.TaskGroup() as group:
            for trigger in self._triggers():
                group.create_task(self._look_if_due(trigger))

    def _triggers(self) -> Iterator[PollTrigger]:
        for served in self._releases.all_current:
            for workflow in served.workflows.values():
                if workflow.workflow.active:
                    for trigger in workflow.triggers("poll"):
                        params = trigger.type.params.model_validate(trigger.parameters)
                        yield PollTrigger(served, workflow, trigger, params)

    async def _look_if_due(self, poll: PollTrigger) -> None:
        now, database = self._clock(), self._engine.database
        rules_hash = poll.rules_hash
        known = await database.read(lambda db: journal.next_due(db, *poll.name, rules_hash=rules_hash))
        if known is not None and known > now:
            return
        position = await database.read(lambda db: journal.read_cursor(db, *poll.name))
        keys = NodeKeys(self._vault, poll.served.scope, poll.trigger.node)
        polled = await self._look(poll, Look(poll.params, self._http, TIMEOUT_SECONDS, position, keys))
        following = next_due(poll.params.rule.interval, now, ZoneInfo(poll.workflow.zone))
        if following is None:
            return

        def keep(db: Connection) -> None:
            if journal.lock_cursor(db, *poll.name) != position:
                return  # another process looked meanwhile
            journal.due_schedule(db, *poll.name, rules_hash=rules_hash, first=following)
            journal.move_schedule(db, *poll.name, due_at=following)
            if polled is None:
                return
            if polled.items:
                self._start(db, poll, polled)
            journal.keep_cursor(db, *poll.name, polled.position, now=now)

        await database.write("trigger.poll", keep)

    async def _look(self, poll: PollTrigger, look: Look) -> Polled | None:
        """What a trigger found; `None` when it could not look."""
        assert poll.trigger.type.poll is not None  # noqa: S101  # triggers of this kind have one
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                with step_under_way():  # it only reads, and what it found is kept with the run
                    return await poll.trigger.type.poll(look)
        except (TapbotError, TimeoutError) as error:
            told = error.message if isinstance(error, TapbotError) else "no answer in time"
            LOG.warning("polling failed", workflow=poll.workflow.workflow.id, node=poll.name[2], error=told)
            return None

    def _start(self, db: Connection, poll: PollTrigger, polled: Polled) -> None:
        """Begin the run of what was found; whoever has time hears of it by what is told."""
        served = poll.served
        new = self._engine.new_run(
            served.scope, served.project.release, poll.workflow, poll.trigger, polled.items, mode="poll"
        )
        self._engine.keep(db, new, poll.workflow, here=False)
