"""Shows "typing…" in the chat while a turn takes longer than a moment. Lost signs do no harm."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tapbot.channels.types import TYPING_SECONDS, Channel, TypingChannel
from tapbot.errors import TapbotError
from tapbot.inbox.types import Turn
from tapbot.storage.types import Scope
from tapbot.telemetry import logger

LOG = logger("worker")
AFTER_SECONDS = 0.7
"""Most answers come sooner: each sign is a call of its own, which counts against the channel's limits."""
AGAIN_SECONDS = TYPING_SECONDS - 0.5


class TypingShown:
    """Shows that a bot is writing.

    Args:
        channels: Channels by scope, bot and kind.
        after_seconds: How long a turn may take without a sign.
        again_seconds: From one sign to the next.
    """

    def __init__(
        self,
        channels: Mapping[tuple[Scope, str, str], Channel],
        *,
        after_seconds: float = AFTER_SECONDS,
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        self._channels = channels
        self._after_seconds = after_seconds
        self._again_seconds = again_seconds

    @contextmanager
    def during(self, turn: Turn) -> Iterator[None]:
        """Show it again and again while a turn goes on, once it has taken a moment."""
        channel = self._channels.get((turn.scope, turn.bot_id, turn.channel))
        if not isinstance(channel, TypingChannel) or not turn.chat_id:
            yield
            return
        shown: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        showing = lambda: shown.append(loop.create_task(self._show(channel, turn.chat_id)))  # noqa: E731
        begin = loop.call_later(self._after_seconds, showing)
        try:
            yield
        finally:
            begin.cancel()
            for task in shown:
                task.cancel()

    async def _show(self, channel: TypingChannel, chat_id: str) -> None:
        while True:
            try:
                await channel.show_typing(chat_id)
            except TapbotError as error:  # the answer itself will tell
                LOG.info("typing not shown", channel=channel.name, code=error.code)
                return
            await asyncio.sleep(self._again_seconds)
