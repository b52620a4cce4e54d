"""Telegram's webhook: checked, kept, then acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, cast

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tapbot.api.backlog import Backlog
from tapbot.api.places import Places
from tapbot.bots.deciding import database_for
from tapbot.bots.keeping import keep_heard
from tapbot.channels.types import Channel, Inbound, WebhookChannel
from tapbot.errors import NotFound
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope


class Presses(Protocol):
    """Tells a channel that a button was seen, as `worker.presses.PressAcknowledger` does."""

    def acknowledge(self, channel: Channel, inbound: Inbound) -> None:
        """Acknowledge without waiting."""
        ...


class TelegramApi:
    """Handler of `/telegram/{bot}`.

    Args:
        channels: Channels by scope, bot and kind.
        presses: Tells Telegram that a button was seen, after it was kept.
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
        return [Route("/telegram/{bot}", self._update, methods=["POST"])]

    async def _update(self, request: Request) -> Response:
        """One update. Telegram sends it again until it gets 200, so that answer comes after the commit."""
        scope, bot_id = self._places.find(request).scope, request.path_params["bot"]
        channel = self._channels.get((scope, bot_id, "telegram"))
        if channel is None:
            raise NotFound("This bot has no Telegram channel.", code="channel.not_configured", place=bot_id)
        raw = await request.body()
        channel.verify(request.headers, raw)
        heard = cast(WebhookChannel, channel).hear(raw)
        now = self._clock()

        def accept(db: Connection) -> None:
            keep_heard(db, scope, bot_id, "telegram", heard, now=now)

        if heard.inbound:
            self._backlog.check(scope)
        if heard.anything:
            database = database_for(self._database, scope, [one.value for one in heard.inbound])
            await database.write("telegram.accept", accept)
        for inbound in heard.inbound:
            self._presses.acknowledge(channel, inbound)
        return Response(status_code=200)
