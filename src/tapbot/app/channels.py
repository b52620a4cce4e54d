"""The channels of the bots that are served, and how their messages come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tapbot.channels.types import Channel, PolledChannel, StartedChannel
from tapbot.errors import TapbotError, UpstreamUnavailable
from tapbot.loader import load
from tapbot.project.served import Served
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient
from tapbot.worker.polling import Poller
from tapbot.worker.presses import PressAcknowledger

LOG = logger("app")
ChannelKey = tuple[Scope, str, str]


class Channels:
    """Made when a project is served; what the settings do not configure is left out."""

    def __init__(
        self, database: Database, http: HttpClient, presses: PressAcknowledger, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._http = http
        self._presses = presses
        self._clock = clock
        self.by_key: dict[ChannelKey, Channel] = {}
        self.pollers: dict[ChannelKey, Poller] = {}

    def open(self, served: Served) -> None:
        """Make the channels of each bot that the settings configure."""
        section = served.project.settings.channels
        for bot in served.project.bots.values():
            for kind in bot.channels:
                settings = _channel_settings(section, kind, bot.id)
                if settings is not None and (served.scope, bot.id, kind) not in self.by_key:
                    self._open(served.scope, bot.id, kind, settings)

    def _open(self, scope: Scope, bot_id: str, kind: str, settings: Any) -> None:
        made: Channel = load(f"tapbot.channels.{kind}.channel").create(
            settings, self._http, bot_id=bot_id, now=self._clock
        )
        self.by_key[scope, bot_id, kind] = made
        if isinstance(made, PolledChannel) and made.polled:
            self.pollers[scope, bot_id, kind] = Poller(self._database, scope, bot_id, made, self._presses, self._clock)

    async def start(self, base: str | None, *, webhooks: bool, polling: bool) -> None:
        """Tell channels that ask for it where updates go. A failure is logged: the house must not wait for it.

        Args:
            base: Address of this server in the outside world.
        """
        for key, channel in list(self.by_key.items()):
            polled = key in self.pollers
            if isinstance(channel, StartedChannel) and (polling if polled else webhooks):
                scope, bot_id, kind = key
                path = f"/p/{scope.project_id}/{scope.environment}/{kind}/{bot_id}"
                try:
                    await channel.start(f"{base}{path}" if base else None)
                except UpstreamUnavailable as error:
                    LOG.warning("channel not started yet", bot=bot_id, code=error.code, message=error.message)

    def open_what_can_be(self, served: Served) -> None:
        """Like `open`, where a wrong setting of one project must not end the work for the others."""
        try:
            self.open(served)
        except TapbotError as error:
            LOG.warning("channels not opened", project=served.scope.project_id, problem=str(error))


def _channel_settings(section: Any, kind: str, bot_id: str) -> Any:
    """The settings of a bot's channel; `None` when it needs some and has none."""
    known: Mapping[str, Any] = getattr(section, kind, {})
    if kind == "webchat":
        return known.get(bot_id) or type(section).model_fields["webchat"].annotation.__args__[1]()
    return known.get(bot_id)
