"""Starts workflows when something happened that was told: each fact once, kept with how far the trigger has come.

Changes of records, and what happens in conversations, are such facts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Connection

from tapbot.events.store import OVERLAP, newest_id, page_after
from tapbot.events.types import Event
from tapbot.project.served import ReleaseBook, Served
from tapbot.scheduler.telling import KINDS, Wants
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import journal
from tapbot.workflow.engine import Engine
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.types import Item

LOOK_EVERY_SECONDS = 1.0
"""It may have happened in another process: nobody tells us, so we look."""
MOST_A_BATCH = 100
"""How many runs one transaction begins."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A trigger of an active workflow that starts with facts."""

    served: Served
    workflow: PreparedWorkflow
    trigger: PreparedNode
    wants: Wants

    @property
    def name(self) -> tuple[Scope, str, str]:
        """Names its cursor."""
        return self.served.scope, self.workflow.workflow.id, self.trigger.node.name


@dataclass(frozen=True, slots=True)
class Position:
    """How far a trigger has come.

    Args:
        after: Id of the last event that it looked at.
        since: When it began; of events that come late it takes none that was told before.
        taken: Events that may come again, with when they were told.
    """

    after: int
    since: datetime
    taken: dict[int, datetime]

    def to_json(self) -> JsonObject:
        """As the cursor keeps it."""
        taken = {str(event_id): at.isoformat() for event_id, at in self.taken.items()}
        return {"after": self.after, "since": self.since.isoformat(), "taken": cast(Any, taken)}


def read_position(kept: JsonObject) -> Position:
    """A position as the cursor kept it."""
    found: Any = kept
    taken = {int(event_id): datetime.fromisoformat(at) for event_id, at in found["taken"].items()}
    return Position(found["after"], datetime.fromisoformat(found["since"]), taken)


def take(
    page: list[Event], position: Position, wants: Callable[[Event], bool], *, again_since: datetime
) -> tuple[list[Event], Position]:
    """The events of a page that start a workflow, some at once, and how far the trigger has come with them. Pure.

    Args:
        again_since: What was told since then may come again: the same moment that the page was read with.
    """
    chosen: list[Event] = []
    after = position.after
    for event in page:
        if wants(event) and _is_new(event, position):
            if len(chosen) == MOST_A_BATCH:
                break
            chosen.append(event)
        after = max(after, event.event_id)
    taken = position.taken | {event.event_id: event.created_at for event in chosen}
    kept = {event_id: at for event_id, at in taken.items() if at > again_since}
    return chosen, Position(after, position.since, kept)


def _is_new(event: Event, position: Position) -> bool:
    """Whether an event comes for the first time, and was told since the trigger is there."""
    late = event.event_id <= position.after
    return not late or (event.event_id not in position.taken and event.created_at >= position.since)


class FactWatcher:
    """Watches what happens in what is served."""

    def __init__(self, engine: Engine, releases: ReleaseBook, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._releases = releases
        self._clock = clock
        self._earlier = asyncio.Event()
        self._seen: dict[Scope, str] = {}
        self._ahead: dict[tuple[Scope, str, str], Position] = {}
        """Further than what is kept, where nothing was found on the way."""

    async def run_forever(self) -> None:
        """Look, wait for news, until the task is cancelled."""
        while True:
            self._earlier.clear()
            again = await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.0 if again else LOOK_EVERY_SECONDS):
                    await self._earlier.wait()

    def look_again(self) -> None:
        """Something happened here."""
        self._earlier.set()

    async def look(self) -> bool:
        """Begin a run for each change that a trigger wants; `True` when there may be more."""
        await self._rest_others()
        more = False
        for watch in list(self._watches()):
            more = await self._look_for(watch) or more
        return more

    async def _look_for(self, watch: Watch) -> bool:
        position = self._ahead.get(watch.name)
        if position is not None:
            chosen, ahead = await self._engine.database.read(lambda db: self._take(db, watch, position))
            if not chosen:
                self._ahead[watch.name] = ahead
                return ahead.after > position.after
        self._ahead[watch.name], begun = await self._engine.database.write("trigger.data", self._begin(watch))
        return begun > 0

    def _begin(self, watch: Watch) -> Callable[[Connection], tuple[Position, int]]:
        def begin(db: Connection) -> tuple[Position, int]:
            kept = journal.lock_cursor(db, *watch.name)
            if kept is None:  # it wants to hear of what happens from now on
                first = Position(newest_id(db), self._clock(), {})
                journal.keep_cursor(db, *watch.name, first.to_json(), now=self._clock())
                return first, 0
            chosen, position = self._take(db, watch, read_position(kept))
            for event in chosen:
                self._start(db, watch, event)
            if chosen:
                journal.keep_cursor(db, *watch.name, position.to_json(), now=self._clock())
            return position, len(chosen)

        return begin

    def _start(self, db: Connection, watch: Watch, event: Event) -> bool:
        """Begin the run of an event, if it is what the trigger wants; whoever has time hears of it by what is told."""
        told = watch.wants.describe(db, event)
        if told is None:
            return False
        new = self._engine.new_run(
            watch.served.scope,
            watch.served.project.release,
            watch.workflow,
            watch.trigger,
            [Item(json=told.item)],
            mode=watch.wants.mode,
        )
        new = msgspec.structs.replace(new, conversation_id=told.conversation_id)
        self._engine.keep(db, new, watch.workflow, here=False)
        return True

    def _take(self, db: Connection, watch: Watch, position: Position) -> tuple[list[Event], Position]:
        again_since = self._clock() - OVERLAP
        page = page_after(db, watch.served.scope, position.after, again_since=again_since)
        return take(page, position, watch.wants.wants, again_since=again_since)

    def _watches(self) -> Iterator[Watch]:
        for served in self._releases.all_current:
            for workflow in served.workflows.values():
                if workflow.workflow.active:
                    for kind, read in KINDS.items():
                        for trigger in workflow.triggers(kind):
                            yield Watch(served, workflow, trigger, read(trigger.parameters))

    async def _rest_others(self) -> None:
        """Forget the cursors of triggers that a new release no longer has, or has switched off."""
        for served in self._releases.all_current:
            scope, release = served.scope, served.project.release
            if self._seen.get(scope) == release:
                continue
            watched = served.watched(*KINDS, "poll")
            await self._engine.database.write("trigger.rest", _resting(scope, watched))
            self._ahead = {name: position for name, position in self._ahead.items() if name[0] != scope}
            self._seen[scope] = release


def _resting(scope: Scope, watched: Collection[tuple[str, str]]) -> Callable[[Connection], None]:
    return lambda db: journal.rest_cursors(db, scope, watched)
