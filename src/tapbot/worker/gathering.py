"""Before a turn: waits until a burst or an album is whole, and fetches the files that customers sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import RowMapping

from tapbot.channels.types import Attachment as ChannelAttachment
from tapbot.channels.types import AttachmentKind, Channel
from tapbot.errors import TapbotError, UpstreamUnavailable
from tapbot.inbox import files
from tapbot.inbox.files import FILE_LIMIT_BYTES, NewFile, keep_file
from tapbot.inbox.types import Attachment, Chat
from tapbot.inbox.views import chat_of_conversation
from tapbot.project.served import ReleaseBook
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.worker.dispatch import Job

LOG = logger("worker")
ALBUM_SECONDS = 1.0
"""Pictures of one album come as messages of their own, within a second."""
MOST_PATIENCE = 5
"""Whoever writes on and on is answered after so many times the pause that is waited for."""
FETCH_ATTEMPTS = 3
LONGEST_PAUSE_SECONDS = 10.0


class Gatherer:
    """Makes what waits in a conversation complete.

    Args:
        channels: Channels by scope, bot and kind.
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

    async def gather(self, job: Job) -> float | None:
        """Fetch what is to be fetched; gives the seconds to wait for more messages, or `None` when nothing waits."""
        rows = await self._database.read(lambda db: files.untaken_messages(db, job.id))
        if not rows:
            return None
        coming = [row for row in rows if any(map(files.is_coming, row["attachments"] or ()))]
        pause_seconds = self._pause_seconds(job.scope)
        if not coming and not pause_seconds and rows[-1]["album"] is None:
            return 0.0
        chat = await self._database.read(lambda db: chat_of_conversation(db, job.scope, job.id))
        for row in coming:
            await self._fetch(job.scope, chat, row)
        return seconds_to_wait(rows, self._clock(), pause_seconds.get((chat.channel, chat.bot_id), 0))

    def _pause_seconds(self, scope: Scope) -> dict[tuple[str, str], float]:
        """The pauses that the settings want, by channel and bot."""
        channels = self._releases.current(scope).project.settings.channels
        kinds: dict[str, Mapping[str, Any]] = {name: getattr(channels, name) for name in type(channels).model_fields}
        return {
            (kind, bot_id): section.debounce_seconds
            for kind, sections in kinds.items()
            for bot_id, section in sections.items()
            if section.debounce_seconds
        }

    async def _fetch(self, scope: Scope, chat: Chat, row: RowMapping) -> None:
        """Fetch the files of one message; what cannot be had says why, and the message is answered without it."""
        channel = self._channels.get((scope, chat.bot_id, chat.channel))
        attachments: list[Attachment] = []
        for one in row["attachments"]:
            attachments.append(await self._fetch_one(scope, chat, channel, one) if files.is_coming(one) else one)
        now = self._clock()
        await self._database.write(
            "inbox.note_fetched",
            lambda db: files.note_fetched(db, scope, row["message_id"], attachments, now=now),
        )

    async def _fetch_one(self, scope: Scope, chat: Chat, channel: Channel | None, one: Attachment) -> Attachment:
        if channel is None:
            return {**one, "failed": "channel.not_configured"}
        try:
            file = await _try_to_fetch(channel, one)
            new = NewFile(file.content, file.media_type, file.name)
            file_id = await keep_file(self._database, scope, chat, new, now=self._clock())
        except TapbotError as error:
            LOG.warning("file not fetched", channel=chat.channel, code=error.code)
            return {**one, "failed": error.code}
        return {**one, "file_id": file_id, "media_type": file.media_type, "size_bytes": len(file.content)}


async def _try_to_fetch(channel: Channel, one: Attachment) -> Any:
    """Fetch a file, some times if the channel is down."""
    wanted = ChannelAttachment(
        cast(AttachmentKind, one["kind"]),
        source=one.get("source"),
        name=one.get("name"),
        media_type=one.get("media_type"),
        size_bytes=one.get("size_bytes"),
    )
    for attempt in range(1, FETCH_ATTEMPTS + 1):
        try:
            return await channel.fetch(wanted, limit_bytes=FILE_LIMIT_BYTES)
        except UpstreamUnavailable as error:
            if attempt == FETCH_ATTEMPTS:
                raise
            await asyncio.sleep(min(error.retry_after_seconds or 2.0**attempt, LONGEST_PAUSE_SECONDS))
    raise AssertionError("the last attempt returns or raises")


def seconds_to_wait(rows: Sequence[RowMapping], now: datetime, pause_seconds: float) -> float:
    """How long to wait for more before the waiting messages are answered.

    Args:
        rows: See `files.untaken_messages`.
        pause_seconds: Of the channel.
    """
    newest, oldest = rows[-1], rows[0]
    if newest["value"] is not None:
        return 0.0
    pause_seconds = max(pause_seconds, ALBUM_SECONDS if newest["album"] else 0.0)
    quiet_for: float = (now - newest["received_at"]).total_seconds()
    waited_for = (now - oldest["received_at"]).total_seconds()
    if quiet_for >= pause_seconds or waited_for >= MOST_PATIENCE * pause_seconds:
        return 0.0
    return pause_seconds - quiet_for
