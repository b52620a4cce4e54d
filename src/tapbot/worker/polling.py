"""Polling of channels: what was read is kept together with how far it was read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from tapbot.bots.keeping import keep_heard
from tapbot.channels.types import Heard, PolledChannel
from tapbot.errors import TapbotError, UpstreamUnavailable, UserError
from tapbot.inbox import store
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.worker.presses import PressAcknowledger

LOG = logger("worker")
LONGEST_PAUSE_SECONDS = 30.0


class Poller:
    """Polls one bot."""

    def __init__(
        self,
        database: Database,
        scope: Scope,
        bot_id: str,
        channel: PolledChannel,
        presses: PressAcknowledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._scope = scope
        self._bot_id = bot_id
        self._channel = channel
        self._presses = presses
        self._clock = clock

    async def poll_forever(self) -> None:
        """Read updates until the task is cancelled; a failure is waited out."""
        pause = 1.0
        while True:
            try:
                await self._poll_once()
                pause = 1.0
            except TapbotError as error:
                asked = error.retry_after_seconds if isinstance(error, UpstreamUnavailable) else None
                LOG.warning("polling failed", bot=self._bot_id, code=error.code, message=error.message)
                await asyncio.sleep(asked or pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _poll_once(self) -> None:
        """One request. The next one confirms these updates, so they are committed before it."""
        kind = self._channel.name
        offset = await self._database.read(lambda db: store.get_cursor(db, self._scope, kind, self._bot_id))
        poll = await self._channel.poll(offset or None)
        if poll.next_offset is None or poll.next_offset == offset:
            return
        heard = [self._hear(update) for update in poll.updates]
        parsed = [inbound for one in heard for inbound in one.inbound]
        next_offset = poll.next_offset
        now = self._clock()

        def accept(db: Connection) -> None:
            for one in heard:
                keep_heard(db, self._scope, self._bot_id, kind, one, now=now)
            store.move_cursor(db, self._scope, kind, self._bot_id, next_offset)

        await self._database.write("channel.poll", accept)
        for inbound in parsed:
            self._presses.acknowledge(self._channel, inbound)

    def _hear(self, update: bytes) -> Heard:
        """Everything that an update tells. One that cannot be read is logged and left: it must not stop the others."""
        try:
            hear = getattr(self._channel, "hear", None)
            return hear(update) if hear else Heard(tuple(self._channel.parse(update)))
        except UserError as error:
            LOG.warning("update not understood", bot=self._bot_id, code=error.code)
            return Heard(())
