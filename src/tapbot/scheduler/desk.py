"""Does what is due in conversations: a late answer is marked, a snoozed chat wakes, one left alone goes to the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from tapbot.inbox import desk
from tapbot.storage.database import Database

LOOK_EVERY_SECONDS = 1.0


class DeskTimers:
    """Looks again and again. Its times are minutes and hours: a second more does no harm."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def run_forever(self) -> None:
        """Do what is due until the task is cancelled."""
        while True:
            await self.do_due()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def do_due(self) -> None:
        """Do what is due by now, in batches that let other writes pass."""
        while True:
            following = await self._database.read(desk.next_due)
            if following is None or following > self._clock():
                return
            await self._database.write("desk.timers", lambda db: desk.do_due(db, self._clock()))
