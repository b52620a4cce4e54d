"""Writes broadcasts: a few messages ahead of what the channels take, each due at a time of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping

from tapbot.channels.types import Channel
from tapbot.inbox import broadcasts, mailing
from tapbot.project.broadcasting import pace_for, rules_for
from tapbot.project.served import ReleaseBook
from tapbot.storage.database import Database
from tapbot.storage.types import Scope

LOOK_EVERY_SECONDS = 0.5
AHEAD = timedelta(seconds=3)
"""So much is on its way: what is stopped or withdrawn later is not sent."""


class Broadcaster:
    """Goes on with each broadcast that was started.

    Args:
        channels: Channels by scope, bot and kind: they say how fast messages may follow each other.
    """

    def __init__(
        self,
        database: Database,
        releases: ReleaseBook,
        channels: Mapping[tuple[Scope, str, str], Channel],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._releases = releases
        self._channels = channels
        self._clock = clock

    async def run_forever(self) -> None:
        """Write what is due, again and again, until the task is cancelled."""
        while True:
            await self.write_due()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def write_due(self) -> None:
        """Go on with every broadcast until enough of it is on its way."""
        for row in await self._database.read(lambda db: broadcasts.running(db, self._clock())):
            scope = Scope(row["project_id"], row["environment"])
            if self._releases.serves(scope):
                while await self._write_on(scope, row):
                    pass

    async def _write_on(self, scope: Scope, row: RowMapping) -> bool:
        """Write to a few people; whether there should be more of them at once."""
        project, now, bot_id = self._releases.current(scope).project, self._clock(), row["bot_id"]
        limits = {
            kind: one.limits for (whose, bot, kind), one in self._channels.items() if (whose, bot) == (scope, bot_id)
        }
        rules, pace = rules_for(project, bot_id), pace_for(project, bot_id, limits, now)

        def change(db: Connection) -> datetime | None:
            return mailing.write_on(db, scope, row["broadcast_id"], rules, pace, now=now)

        until = await self._database.write("broadcast.write", change)
        return until is not None and until < now + AHEAD
