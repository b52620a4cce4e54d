"""Takes jobs: each goes to the lane that does such work, as long as there is room."""

from __future__ import annotations

import asyncio
from collections import Counter

from tapbot.project.served import ReleaseBook
from tapbot.storage.types import Scope
from tapbot.worker.dispatch import Job
from tapbot.worker.outbox import Sender, chat_of
from tapbot.worker.runs import RunStarter
from tapbot.worker.turns import TurnTaker

MOST_IN_HAND = 2_000
LOOK_SECONDS = 0.05


class JobTaker:
    """See `worker.dispatch.Taker`."""

    def __init__(self, releases: ReleaseBook, runs: RunStarter, turns: TurnTaker, sender: Sender) -> None:
        self._releases = releases
        self._runs = runs
        self._turns = turns
        self._sender = sender

    def take(self, job: Job) -> None:
        """See `Taker.take`. Work of a project that is not served here waits in the database until it is."""
        if not self._releases.serves(job.scope):
            return
        if job.kind == "run":
            self._runs.lane.wake(job)
        elif job.kind == "turn":
            self._turns.lane.wake(job)
        else:
            self._sender.lane.wake(chat_of(job))

    @property
    def in_hand(self) -> int:
        """Pieces of work that are being done or wait for a slot."""
        return self._runs.lane.busy + self._turns.lane.busy + self._sender.lane.busy

    def in_hand_by_project(self) -> Counter[Scope]:
        """`in_hand`, by whose it is."""
        lanes = (self._runs.lane.keys, self._turns.lane.keys, self._sender.lane.keys)
        return Counter(key.scope for keys in lanes for key in keys)

    async def wait_for_room(self) -> None:
        """See `Taker.wait_for_room`: what is not taken stays with the broker, for other workers."""
        while self.in_hand >= MOST_IN_HAND:  # noqa: ASYNC110  # three lanes, none of which tells
            await asyncio.sleep(LOOK_SECONDS)
