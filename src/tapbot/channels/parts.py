"""Sending a message that takes several parts: what was taken is never sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from tapbot.channels.types import Outgoing

Part = TypeVar("Part")
Sent = TypeVar("Sent")


async def send_parts(outgoing: Outgoing, parts: Sequence[Part], send: Callable[[int, Part], Awaitable[Sent]]) -> Sent:
    """Send what an earlier try left of a message, part by part; gives what the last one gave.

    Each part that was taken is kept before the next begins, so that after a crash at most one part is in doubt. Where
    a message has fewer parts than before, since it goes in another form, all of it is sent.

    Args:
        send: Sends the part at a position.
    """
    position = outgoing.parts_sent if outgoing.parts_sent < len(parts) else 0
    while True:
        sent = await send(position, parts[position])
        position += 1
        if position == len(parts):
            return sent
        if outgoing.note_part is not None:
            await outgoing.note_part(position)
