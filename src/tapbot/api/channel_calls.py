"""Calls of channels: the challenge of an address; and what they tell, checked, kept, then acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tapbot.api.backlog import Backlog
from tapbot.api.chat import arrival_of, attachment_of
from tapbot.api.places import Places
from tapbot.api.telegram import Presses
from tapbot.bots.deciding import database_for, take_in
from tapbot.channels.types import Channel, Heard, Own, Receipt, WebhookChannel
from tapbot.errors import NotFound
from tapbot.inbox import receipts, store
from tapbot.inbox.types import Arrival
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import JsonObject, Scope

SHORT = "whatsapp"
"""A kind that has a short address too: Meta knows it by that."""


class ChannelCallsApi:
    """Handler of `/channel/{kind}/{bot}`, for every channel that hears more than what customers did.

    Args:
        channels: Channels by scope, bot and kind.
        presses: Tells the channel that messages were seen, after they were kept.
    """

    def __init__(
        self,
        database: OpenDatabase,
        places: Places,
        channels: Mapping[tuple[Scope, str, str], Channel],
        presses: Presses,
        backlog: Backlog,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._places = places
        self._channels = channels
        self._presses = presses
        self._backlog = backlog
        self._clock = clock

    def routes(self) -> list[Route]:
        """Paths below a project's address."""
        return [
            Route(path, handler, methods=[method])
            for path in ("/channel/{kind}/{bot}", f"/{SHORT}/{{bot}}")
            for method, handler in (("GET", self._challenge), ("POST", self._call))
        ]

    async def _challenge(self, request: Request) -> Response:
        """The channel asks whether this address wants its calls."""
        _scope, channel = self._find(request)
        return PlainTextResponse(channel.answer_challenge(request.query_params))

    async def _call(self, request: Request) -> Response:
        """One call. Channels repeat it, for days, until they get 200, so that answer comes after the commit."""
        scope, channel = self._find(request)
        kind, bot_id = _named(request)
        raw = await request.body()
        channel.verify(request.headers, raw)
        heard = channel.hear(raw)
        now = self._clock()

        def accept(db: Connection) -> list[bool]:
            return _keep(db, scope, bot_id, kind, heard, now)

        if heard.inbound:
            self._backlog.check(scope)
        if heard.inbound or heard.receipts or heard.own:
            database = database_for(self._database, scope, [one.value for one in heard.inbound])
            news = await database.write("channel.accept", accept)
            for inbound, new in zip(heard.inbound, news, strict=True):
                if new:
                    self._presses.acknowledge(channel, inbound)
        return PlainTextResponse(channel.thanks)

    def _find(self, request: Request) -> tuple[Scope, WebhookChannel]:
        scope, (kind, bot_id) = self._places.find(request).scope, _named(request)
        channel = self._channels.get((scope, bot_id, kind))
        if not hasattr(channel, "thanks"):
            raise NotFound("This bot has no such channel that is called.", code="channel.not_configured", place=bot_id)
        return scope, cast(WebhookChannel, channel)  # what it thanks for, it hears


def _named(request: Request) -> tuple[str, str]:
    """The kind of channel and the bot that a call is for."""
    return request.path_params.get("kind", SHORT), request.path_params["bot"]


def _keep(db: Connection, scope: Scope, bot_id: str, kind: str, heard: Heard, now: datetime) -> list[bool]:
    """Keep everything of one call in one transaction; gives which of the customers' messages were new."""
    news = []
    for inbound in heard.inbound:
        accepted = take_in(db, scope, arrival_of(inbound), now=now)
        news.append(not accepted.duplicate)
        receipts.note_customer(
            db, scope, bot_id=bot_id, channel=kind, chat_id=inbound.chat_id, wrote_at=inbound.sent_at, now=now
        )
    for own in heard.own:
        store.accept_own(db, scope, _own_arrival(bot_id, kind, own), now=now)
    for receipt in heard.receipts:
        receipts.keep_receipt(db, scope, _inbox_receipt(bot_id, kind, receipt), now=now)
    return news


def _own_arrival(bot_id: str, kind: str, own: Own) -> Arrival:
    return Arrival(
        bot_id=bot_id,
        channel=kind,
        chat_id=own.chat_id,
        message_id=own.message_id,
        text=own.text,
        value=None,
        sender_id=own.chat_id,
        sender_name=None,
        sender_language=None,
        attachments=tuple(attachment_of(one) for one in own.attachments),
    )


def _inbox_receipt(bot_id: str, kind: str, receipt: Receipt) -> receipts.Receipt:
    """In the inbox's words. The note says which part of how many it is, and of which sending."""
    part, _, send_key = (receipt.note or "").partition(" ")
    number, _, count = part.partition("/")
    error: JsonObject | None = {"code": receipt.code, "message": receipt.reason} if receipt.code else None
    return receipts.Receipt(
        bot_id=bot_id,
        channel=kind,
        external_id=receipt.external_id,
        status=receipt.status,
        at=receipt.at,
        error=error,
        send_key=send_key if send_key and number == count else None,
    )
