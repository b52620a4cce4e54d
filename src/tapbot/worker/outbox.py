"""Sends what waits in the outbox: in the order of each chat, within each channel's limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tapbot.channels.types import Button, Channel, Outgoing
from tapbot.errors import InvalidInput, TapbotError, UpstreamUnavailable
from tapbot.inbox import outbox
from tapbot.inbox.types import Queued
from tapbot.storage.database import Database
from tapbot.storage.types import JsonObject, Scope
from tapbot.telemetry import logger
from tapbot.worker.lane import Lane

LOG = logger("worker")
MOST_ATTEMPTS = 12
LONGEST_WAIT_SECONDS = 300.0
LOOK_AGAIN_SECONDS = 5.0
"""Another process is sending the chat's first message; should it die, somebody must look again."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat of a channel."""

    scope: Scope
    bot_id: str
    channel: str
    chat_id: str


class Sender:
    """Empties the outbox.

    Args:
        channels: Channels by scope, bot and kind.
        holder: Names this process to others who send too; `None` when there are none.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[tuple[Scope, str, str], Channel],
        clock: Callable[[], datetime],
        *,
        holder: str | None = None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._holder = holder
        self.lane: Lane[Chat] = Lane("outbox", self._send_due, width=32)

    async def wake_all(self, scopes: Collection[Scope]) -> None:
        """Look at every chat of some projects that has something waiting."""
        for queued in await self._database.read(lambda db: outbox.first_waiting(db, scopes)):
            self.lane.wake(Chat(queued.scope, queued.bot_id, queued.channel, queued.chat_id))

    async def _send_due(self, chat: Chat) -> float | None:
        """Send what is due in one chat; gives the seconds until the next is."""
        while True:
            first = await self._database.read(
                lambda db: outbox.next_in_chat(db, chat.scope, chat.bot_id, chat.channel, chat.chat_id)
            )
            if first is None:
                return None
            due_at = max(first.due_at, first.retry_at or first.due_at)
            wait = (due_at - self._clock()).total_seconds()
            if wait > 0:
                return wait
            if not await self._claimed(first):
                return LOOK_AGAIN_SECONDS
            await self._send(first)

    async def _claimed(self, queued: Queued) -> bool:
        """Whether it is this process that sends a message now."""
        holder = self._holder
        if holder is None:
            return True
        return await self._database.write("outbox.claim", lambda db: outbox.claim(db, queued, holder=holder))

    async def _send(self, queued: Queued) -> None:
        """Send one message and record what came of it."""
        channel = self._channels.get((queued.scope, queued.bot_id, queued.channel))
        try:
            if channel is None:
                raise InvalidInput(
                    f"The channel {queued.channel} is not configured for the bot {queued.bot_id}.",
                    code="channel.not_configured",
                    hint="Add its section to tapbot.toml.",
                )
            buttons = tuple(Button(button["label"], button["value"]) for button in queued.buttons)
            delivered = await channel.send(Outgoing(queued.chat_id, queued.text, buttons, queued.send_key))
        except UpstreamUnavailable as error:
            await self._postpone(queued, error)
        except TapbotError as error:
            LOG.warning("message not delivered", channel=queued.channel, code=error.code)
            told: JsonObject = {"code": error.code, "message": error.message}
            now = self._clock()
            await self._database.write(
                "outbox.mark_failed", lambda db: outbox.mark_failed(db, queued, error=told, now=now)
            )
        else:
            now = self._clock()
            await self._database.write(
                "outbox.mark_sent",
                lambda db: outbox.mark_sent(db, queued, external_id=delivered.external_id, now=now),
            )

    async def _postpone(self, queued: Queued, error: UpstreamUnavailable) -> None:
        """Try again later: when the channel asked us to, else after a wait that doubles."""
        told: JsonObject = {"code": error.code, "message": error.message}
        now = self._clock()
        wait_seconds = error.retry_after_seconds or min(2.0**queued.attempts, LONGEST_WAIT_SECONDS)

        def change(db: Connection) -> None:
            if queued.attempts + 1 >= MOST_ATTEMPTS:
                outbox.mark_failed(db, queued, error=told, now=now)
            else:
                outbox.postpone(db, queued, retry_at=now + timedelta(seconds=wait_seconds), error=told)

        await self._database.write("outbox.postpone", change)
