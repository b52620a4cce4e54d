"""The real app in memory, as an eval speaks with it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from tapbot.app import App, open_app
from tapbot.data import store as data
from tapbot.data.types import Condition
from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.inbox import store as inbox
from tapbot.inbox.types import Arrival
from tapbot.project.evals import Replies
from tapbot.project.types import Project
from tapbot.storage.types import Scope

REPLY_SECONDS = 30.0
LOOK_SECONDS = 0.5
CHANNEL, CHAT = "webchat", "eval"
MOST_RECORDS = 1000


class AppWorld:
    """One chat with one bot of an app that nobody else uses."""

    def __init__(self, app: App, scope: Scope, bot_id: str, language: str | None) -> None:
        self._app = app
        self._scope = scope
        self._bot_id = bot_id
        self._language = language

    async def say(self, message_id: str, *, text: str | None, value: str | None) -> Replies:
        """Send a message through the inbox, as a channel would, and wait for its turn to end.

        Raises:
            LimitExceeded: The turn takes longer than half a minute.
        """
        arrival = Arrival(
            bot_id=self._bot_id,
            channel=CHANNEL,
            chat_id=CHAT,
            message_id=message_id,
            text=text,
            value=value,
            sender_id=CHAT,
            sender_name=None,
            sender_language=self._language,
        )
        now = self._app.clock()
        database = self._app.database
        with self._app.hub.subscribe([self._scope]) as events:
            accepted = await database.write("eval.accept", lambda db: inbox.accept(db, self._scope, arrival, now=now))
            deadline = time.monotonic() + REPLY_SECONDS
            while not await database.read(lambda db: inbox.turn_is_over(db, self._scope, accepted.inbound_id)):
                if time.monotonic() > deadline:
                    raise LimitExceeded(f"no reply within {REPLY_SECONDS:g} s.", code="eval.no_reply", place=message_id)
                await events.take(timeout_seconds=LOOK_SECONDS)
        return await database.read(lambda db: inbox.replies_to(db, self._scope, accepted.inbound_id))

    async def records(self, collection: str, where: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Records whose fields equal the given values."""
        conditions = [Condition(field, "eq", value) for field, value in where.items()]
        return await self._app.database.read(
            lambda db: data.find(db, self._scope, collection, where=conditions, limit=MOST_RECORDS)
        )


class AppWorlds:
    """Opens a fresh app for each eval of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @asynccontextmanager
    async def __call__(self, *, bot: str | None, language: str | None, now: datetime) -> AsyncIterator[AppWorld]:
        """See `project.evals.OpenWorld`.

        Raises:
            InvalidInput: The project has several bots, or none, and the eval names none of them.
        """
        bot_id = self._bot(bot)
        async with open_app(self._project.settings, None, clock=clock_from(now)) as app:
            served = await app.add_project(self._project)
            async with app.working():
                yield AppWorld(app, served.scope, bot_id, language)

    def _bot(self, wanted: str | None) -> str:
        bots = self._project.bots
        if wanted is None and len(bots) == 1:
            return next(iter(bots))
        if wanted is None or wanted not in bots:
            known = ", ".join(sorted(bots)) or "none"
            raise InvalidInput(f"which bot? There is: {known}.", code="eval.which_bot", hint="Write `bot: NAME`.")
        return wanted


def clock_from(start: datetime) -> Callable[[], datetime]:
    """A clock that begins at a moment and goes on from there."""
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)
