"""Sends what waits in the outbox: in the order of each chat, within each channel's limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import cast

import msgspec
from sqlalchemy import Connection

from tapbot.access.rate_limit import SECONDS_A_MINUTE, MakeLimit, RateLimit
from tapbot.channels.limits import Limits
from tapbot.channels.types import AttachmentKind, Button, Channel, ChatBlocked, Delivered, File, Outgoing
from tapbot.errors import InvalidInput, TapbotError, TooMany, UpstreamUnavailable
from tapbot.inbox import files, mailing, outbox, parts
from tapbot.inbox import types as inbox
from tapbot.inbox.amending import keep_blocking
from tapbot.inbox.moving import move_chat
from tapbot.inbox.outbox import Claim
from tapbot.inbox.types import Attachment, Queued
from tapbot.project.broadcasting import SHARE
from tapbot.storage.database import Database
from tapbot.storage.types import JsonObject, Scope
from tapbot.telemetry import logger
from tapbot.upstream import MAY_HAVE_ARRIVED
from tapbot.worker.dispatch import Job
from tapbot.worker.fair import FairSlots
from tapbot.worker.lane import Lane
from tapbot.worker.quiet import QuietHours

LOG = logger("worker")
MOST_ATTEMPTS = 12
LONGEST_WAIT_SECONDS = 300.0
LOOK_AGAIN_SECONDS = 2.0
"""Another process is sending the chat's first message; should it die, somebody must look again."""
HERE = "here"
"""The only process, in its claims: one that is found was left by an earlier process."""
BINARY = "application/octet-stream"
OF_A_CHAT = frozenset({"a chat", "a group"})
BURST = 3
"""So many may come at once; within any second or minute there are never more than the channel's limit."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat of a channel."""

    scope: Scope
    bot_id: str
    channel: str
    chat_id: str

    @property
    def name(self) -> str:
        """The chat within its project."""
        return msgspec.json.encode([self.bot_id, self.channel, self.chat_id]).decode()

    @property
    def job(self) -> Job:
        """That there is something to be sent."""
        return Job("send", self.name, self.scope)


def chat_of(job: Job) -> Chat:
    """The chat that a job is about."""
    return Chat(job.scope, *msgspec.json.decode(job.id, type=tuple[str, str, str]))


class Pace:
    """How fast messages may follow each other, as each channel says.

    Args:
        limits: Makes limits that all senders share.
    """

    def __init__(self, limits: MakeLimit) -> None:
        self._limits = limits
        self._made: dict[tuple[str, str], RateLimit] = {}
        self._let_through: dict[str, set[str]] = {}
        """Of chats that wait, the limits that let them through: these are not counted again."""

    async def wait_seconds(self, chat: Chat, channel: Channel, *, broadcast: bool = False) -> float:
        """Count one message; above zero is a wait, after which the same chat asks again.

        Args:
            broadcast: It is one of many: together they take a part of the bot's limit, so that answers go out beside.
        """
        bot = f"{chat.scope.project_id} {chat.scope.environment} {chat.bot_id}"
        key = f"{chat.channel} {bot} {chat.chat_id}"
        passed = self._let_through.setdefault(key, set())
        try:
            for of, a_minute, burst in _limits_of(chat, channel.limits, broadcast=broadcast):
                if of not in passed:
                    limit = self._limit(channel.name, of, a_minute, burst)
                    await limit.take(f"{bot} {chat.chat_id}" if of in OF_A_CHAT else bot)
                    passed.add(of)
        except TooMany as busy:
            return busy.retry_after_seconds
        del self._let_through[key]
        return 0.0

    def _limit(self, channel: str, of: str, per_minute: float, burst: int) -> RateLimit:
        key = (channel, of)
        if key not in self._made:
            self._made[key] = self._limits(f"{channel} {of}", per_minute, message="the channel is busy.", burst=burst)
        return self._made[key]


def _limits_of(chat: Chat, limits: Limits, *, broadcast: bool) -> Iterator[tuple[str, float, int]]:
    """What limits a message: of what, how many a minute, and how many at once."""
    if limits.sends_per_minute_per_group is not None and chat.chat_id.startswith("-"):
        yield "a group", limits.sends_per_minute_per_group - BURST, BURST
    elif limits.sends_per_second_per_chat is not None:
        yield "a chat", limits.sends_per_second_per_chat * SECONDS_A_MINUTE, BURST
    if limits.sends_per_second is not None:
        if broadcast:
            yield "broadcasts", limits.sends_per_second * SHARE * SECONDS_A_MINUTE, 1
        yield "a bot", (limits.sends_per_second - BURST) * SECONDS_A_MINUTE, BURST


class Sender:
    """Empties the outbox.

    Args:
        channels: Channels by scope, bot and kind.
        limits: Makes the limits of each channel, which all senders share.
        quiet: When customers are left alone.
        holder: Names this process to others who send too; `None` when there are none.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[tuple[Scope, str, str], Channel],
        clock: Callable[[], datetime],
        *,
        limits: MakeLimit,
        quiet: QuietHours,
        holder: str | None = None,
        width: int = 32,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._pace = Pace(limits)
        self._quiet = quiet
        self._holder = holder
        self.lane: Lane[Chat] = Lane("outbox", self._send_due, FairSlots(width))

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
            if first.unasked and (await self._put_off(first)):
                continue
            channel = self._channels.get((chat.scope, chat.bot_id, chat.channel))
            if channel is not None:
                wait = await self._pace.wait_seconds(chat, channel, broadcast=first.broadcast_id is not None)
                if wait > 0:
                    return wait
            claimed = await self._claim(first, channel)
            if claimed is Claim.THEIRS:
                return LOOK_AGAIN_SECONDS
            if claimed is Claim.OURS:
                await self._send(first, channel)

    async def _put_off(self, queued: Queued) -> bool:
        """Let a message that nobody asked for wait for the end of quiet hours; whether these are now."""
        ends_at = await self._quiet.ends_at(queued, self._clock())
        if ends_at is not None:
            await self._database.write("outbox.put_off", lambda db: outbox.put_off(db, queued, due_at=ends_at))
        return ends_at is not None

    async def _claim(self, queued: Queued, channel: Channel | None) -> Claim:
        """Whether it is this process that sends a message now; a message that is in doubt is nobody's."""
        repeatable = channel is None or channel.repeatable
        if repeatable and self._holder is None and queued.broadcast_id is None:
            return Claim.OURS
        holder, now = self._holder or HERE, self._clock()

        def change(db: Connection) -> Claim:
            if queued.broadcast_id is not None and not mailing.still_wanted(db, queued):
                return Claim.LEFT
            return outbox.claim(db, queued, holder=holder, repeatable=repeatable, now=now)

        return await self._database.write("outbox.claim", change)

    async def _send(self, queued: Queued, channel: Channel | None) -> None:
        """Send one message and record what came of it."""
        try:
            if channel is None:
                raise InvalidInput(
                    f"The channel {queued.channel} is not configured for the bot {queued.bot_id}.",
                    code="channel.not_configured",
                    hint="Add its section to tapbot.toml.",
                )
            delivered = await channel.send(await self._compose(queued))
        except UpstreamUnavailable as error:
            if channel is not None and not channel.repeatable and error.code in MAY_HAVE_ARRIVED:
                await self._doubt(queued, error)
            else:
                await self._postpone(queued, error)
        except TapbotError as error:
            LOG.warning("message not delivered", channel=queued.channel, code=error.code)
            told: JsonObject = {"code": error.code, "message": error.message}
            now = self._clock()
            blocked = isinstance(error, ChatBlocked)

            def change(db: Connection) -> None:
                outbox.mark_failed(db, queued, error=told, now=now)
                if blocked:
                    chat = inbox.Chat(queued.bot_id, queued.channel, queued.chat_id)
                    keep_blocking(db, queued.scope, chat, blocked=True, now=now)

            await self._database.write("outbox.mark_failed", change)
        else:
            await self._note_sent(queued, delivered)

    async def _note_sent(self, queued: Queued, delivered: Delivered) -> None:
        """Record that a message went out, and where the chat is now."""
        now, moved = self._clock(), delivered.moved

        def change(db: Connection) -> None:
            outbox.mark_sent(db, queued, external_id=delivered.external_id, now=now)
            if moved is not None:
                chat = inbox.Chat(queued.bot_id, queued.channel, moved.chat_id)
                move_chat(db, queued.scope, chat, moved.new_chat_id, now=now)

        await self._database.write("outbox.mark_sent", change)
        if moved is not None:
            self.lane.wake(Chat(queued.scope, queued.bot_id, queued.channel, moved.new_chat_id))

    async def _compose(self, queued: Queued) -> Outgoing:
        """A message as channels take it, with what is in its files."""
        template = await self._template_of(queued) if queued.broadcast_id is not None else None
        return Outgoing(
            queued.chat_id,
            queued.text,
            tuple(Button(button["label"], button["value"]) for button in queued.buttons),
            queued.send_key,
            queued.customer_wrote_at,
            queued.language,
            tuple([await self._load(queued.scope, one) for one in queued.attachments or []]),
            queued.thread,
            template,
            queued.parts_sent or 0,
            partial(self._note_part, queued),
        )

    async def _note_part(self, queued: Queued, parts_sent: int) -> None:
        await self._database.write("outbox.note_part", lambda db: parts.note_part(db, queued, parts_sent))

    async def _template_of(self, queued: Queued) -> str | None:
        return await self._database.read(lambda db: mailing.template_of(db, queued))

    async def _load(self, scope: Scope, attachment: Attachment) -> File:
        file_id = str(attachment.get("file_id"))
        content = await self._database.read(lambda db: files.read_file(db, scope, file_id))
        kind = cast(AttachmentKind, attachment["kind"])
        return File(content, attachment.get("media_type") or BINARY, attachment.get("name"), kind)

    async def _doubt(self, queued: Queued, error: UpstreamUnavailable) -> None:
        """The answer was lost: to send again might say it twice, not to send might leave it unsaid."""
        LOG.warning("message in doubt", channel=queued.channel, code=error.code)
        told: JsonObject = {"code": error.code, "message": error.message}
        now = self._clock()
        await self._database.write(
            "outbox.mark_in_doubt", lambda db: outbox.mark_in_doubt(db, queued, error=told, now=now)
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
