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
from tapbot.api.places import Places
from tapbot.api.telegram import Presses
from tapbot.bots.deciding import database_for
from tapbot.bots.keeping import keep_heard
from tapbot.channels.types import Channel, WebhookChannel
from tapbot.errors import NotFound
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope

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
            return keep_heard(db, scope, bot_id, kind, heard, now=now, windowed=True)

        if heard.inbound:
            self._backlog.check(scope)
        if heard.anything:
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
