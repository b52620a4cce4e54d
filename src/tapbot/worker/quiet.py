"""When customers are left alone: by the bot's quiet hours, where the customer lives."""

from __future__ import annotations

from datetime import datetime

from tapbot.bots.quiet import hours_of, quiet_until
from tapbot.inbox import outbox
from tapbot.inbox.types import Queued
from tapbot.project.served import ReleaseBook
from tapbot.storage.database import Database


class QuietHours:
    """The quiet hours of the bots that are served."""

    def __init__(self, database: Database, releases: ReleaseBook) -> None:
        self._database = database
        self._releases = releases

    async def ends_at(self, queued: Queued, now: datetime) -> datetime | None:
        """When quiet hours end for the receiver of a message; `None` when they are not now."""
        if not self._releases.serves(queued.scope):
            return None
        settings = self._releases.current(queued.scope).project.settings
        hours = hours_of(settings, queued.bot_id)
        if hours is None:
            return None
        known = await self._database.read(lambda db: outbox.zone_of(db, queued))
        return quiet_until(hours, now, (known, settings.project.time_zone))
