"""The real app over a database file, its taxi bot answered by a model that follows a script."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from pydantic import SecretStr
from tests.agent_script import KEY, MODEL, Rule
from tests.integration.emulators.serving import run_app

from tapbot.app import App, open_app
from tapbot.data import store as data
from tapbot.emulators.model.server import create_app
from tapbot.inbox import store as inbox
from tapbot.inbox.types import Arrival
from tapbot.project.load import load_project
from tapbot.project.types import Project
from tapbot.settings import BotSection, ModelSection, UpstreamSection
from tapbot.storage.types import Scope

TAXI = Path(__file__).parents[3] / "examples" / "taxi"
NOW = datetime.fromisoformat("2026-03-04T10:00:00+05:00")
TOMORROW_8 = datetime.fromisoformat("2026-03-05T08:00:00+05:00")
REPLY_SECONDS = 20


@cache
def taxi_project() -> Project:
    """The example, read once."""
    return load_project(TAXI)


def with_model(project: Project, base_url: str, **section: Any) -> Project:
    """The project as the settings `[bots.taxi] model = "main"` and `[models.main]` make it."""
    model = ModelSection(base_url=base_url, model="emulated", api_key=SecretStr(KEY), **section)
    settings = project.settings.model_copy(
        update={
            "models": {MODEL: model},
            "bots": {"taxi": BotSection(model=MODEL)},
            "upstream": UpstreamSection(allow_private_network=True),
        }
    )
    return replace(project, settings=settings, bots={"taxi": replace(project.bots["taxi"], model=MODEL)})


@dataclass
class World:
    """An app, a passenger who speaks with its bot, and the model behind it."""

    app: App
    scope: Scope
    database: Path
    emulator: httpx2.AsyncClient
    messages: int = 0
    last: list[dict[str, Any]] = field(default_factory=list)

    async def script(self, *rules: Rule) -> None:
        """What the model answers from now on."""
        (await self.emulator.post("/emulator/script", json=list(rules))).raise_for_status()

    async def asked(self) -> list[dict[str, Any]]:
        """What the model was asked, the oldest first."""
        return [one["body"] for one in (await self.emulator.get("/emulator/requests")).json()["requests"]]

    async def say(self, text: str | None = None, *, value: str | None = None, chat: str = "passenger") -> str:
        """Send a message, wait for the turn to end, and give what was answered."""
        self.messages += 1
        arrival = Arrival("taxi", "webchat", chat, f"m{self.messages}", text, value, chat, None, None)
        now = self.app.clock()
        accepted = await self.app.database.write(
            "test.accept", lambda db: inbox.accept(db, self.scope, arrival, now=now)
        )
        deadline = time.monotonic() + REPLY_SECONDS
        with self.app.hub.subscribe([self.scope]) as events:
            while not await self.app.database.read(lambda db: inbox.turn_is_over(db, self.scope, accepted.inbound_id)):
                assert time.monotonic() < deadline, "no reply"
                await events.take(timeout_seconds=0.2)
        self.last = await self.app.database.read(lambda db: inbox.replies_to(db, self.scope, accepted.inbound_id))
        return "\n".join(reply["text"] for reply in self.last)

    async def press(self, label: str) -> str:
        """Press a button below the last answer."""
        return await self.say(value=self.buttons[label])

    @property
    def buttons(self) -> dict[str, str]:
        """Values of the buttons below the last answer, by label."""
        return {button["label"]: button["value"] for reply in self.last for button in reply["buttons"]}

    async def records(self, collection: str) -> list[dict[str, Any]]:
        """All records of a collection."""
        return await self.app.database.read(lambda db: data.find(db, self.scope, collection, limit=100))

    def steps(self) -> list[dict[str, Any]]:
        """The steps of all turns, in order, as the file has them."""
        with sqlite3.connect(self.database) as db:
            db.row_factory = sqlite3.Row
            query = "SELECT s.* FROM steps s JOIN runs r USING (run_id) WHERE r.kind = 'turn' ORDER BY s.started_at"
            return [dict(row) for row in db.execute(query)]

    def fallbacks(self) -> list[str]:
        """Why the guided answerer took over, turn by turn."""
        noted = [msgspec.json.decode(step["output"]) for step in self.steps() if step["step_key"] == "model/fallback"]
        return [str(one["code"]) for one in noted]


@asynccontextmanager
async def open_world(
    folder: Path,
    *rules: Rule,
    base_url: str | None = None,
    change: Callable[[Project], Project] = lambda project: project,
    **section: Any,
) -> AsyncIterator[World]:
    """Open the app and the model.

    Args:
        change: What else is different about the project.
        base_url: Another address than the emulator's.
        section: Settings of the model.
    """
    began = time.monotonic()
    async with (
        run_app(create_app(keys=frozenset({KEY}))) as address,
        httpx2.AsyncClient(base_url=address) as emulator,
    ):
        project = with_model(taxi_project(), base_url or f"{address}/v1", **section)
        async with open_app(project.settings, folder, clock=lambda: NOW + seconds_since(began)) as app:
            served = await app.add_project(change(project))
            async with app.working():
                world = World(app, served.scope, folder / "tapbot.db", emulator)
                if rules:
                    await world.script(*rules)
                yield world


def seconds_since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)


def check_ride(ride: Mapping[str, Any]) -> None:
    """The values of the booking dialogue."""
    expected = {"from_city": "almaty", "to_city": "taraz", "seats": 2, "phone": "+77011234567", "status": "booked"}
    assert {name: ride[name] for name in expected} == expected
    assert datetime.fromisoformat(str(ride["departs_at"])) == TOMORROW_8
    assert ride["price_kzt"] > 0
