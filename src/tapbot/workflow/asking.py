"""A wait for somebody's answer: the question, its reminder and its end are steps of the run, each written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tapbot.storage.types import JsonObject
from tapbot.workflow.node import Asking, StoredStep
from tapbot.workflow.resuming import resume_event
from tapbot.workflow.run import Run
from tapbot.workflow.types import Item, Outputs

StepOf = Callable[[Connection, str], StoredStep]
"""Makes what a stored step gets, from its connection and key."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that a run asks.

    Args:
        key: Names the node's run within the run; its steps follow from it.
        site: Name of its writes, for faults and proofs.
    """

    run: Run
    asking: Asking
    key: str
    node: str
    site: str

    async def settle(self, given: object, items: list[Item], *, until: datetime | None, step: StepOf) -> Outputs:
        """Ask, wait, remind, and give the items of each output.

        Args:
            given: What the question follows from: a replay with anything else is in doubt.
            until: When the first wait ends.

        Raises:
            Parked: There is no answer yet.
        """
        event = resume_event(self.run.new.run_id, self.key)
        asked = await self._store(step, "ask", given, lambda stored: self.asking.ask(stored, event))
        waited = await self.run.wait(self.key, until, event, node=self.node)
        if not (waited.came or waited.ended) and (reminder := self.asking.remind(asked)) is not None:
            await self._store(step, "remind", asked, reminder.remind)
            await self.run.wait(f"{self.key}/again", reminder.until, event, node=self.node)
        closed = await self._store(step, "close", asked, lambda stored: self.asking.close(stored, asked))
        return self.asking.route(closed, items)

    async def _store(self, step: StepOf, part: str, given: object, change: Callable[[StoredStep], JsonObject]) -> Any:
        key = f"{self.key}/{part}"

        def write(db: Connection) -> JsonObject:  # days may lie between the run's own clock and this
            return change(replace(step(db, key), now=self.run.clock()))

        return await self.run.stored_step(key, given, write, node=self.node, site=self.site)
