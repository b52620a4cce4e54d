"""Tells a channel that a pressed button was seen, so that it stops waiting. Lost presses do no harm."""

from __future__ import annotations

import asyncio

from tapbot.channels.types import Channel, Inbound
from tapbot.errors import TapbotError
from tapbot.telemetry import logger

LOG = logger("worker")
MOST_AT_ONCE = 100


class PressAcknowledger:
    """Acknowledges presses in the background; beyond `MOST_AT_ONCE` they are let go."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None
        self._busy = 0

    def open(self, group: asyncio.TaskGroup) -> None:
        """Begin to work."""
        self._group = group

    def acknowledge(self, channel: Channel, inbound: Inbound) -> None:
        """Acknowledge a press that was kept; anything else needs nothing."""
        if inbound.callback_id is not None and self._group is not None and self._busy < MOST_AT_ONCE:
            self._busy += 1
            self._group.create_task(self._tell(channel, inbound), name="press")

    async def _tell(self, channel: Channel, inbound: Inbound) -> None:
        try:
            await channel.acknowledge(inbound)
        except TapbotError as error:
            LOG.info("press not acknowledged", channel=inbound.channel, code=error.code)
        finally:
            self._busy -= 1
