"""The example's taxi company over a real database, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tapbot.app.building import App, open_app
from tapbot.data import store
from tapbot.data.types import Condition
from tapbot.project.load import load_project
from tapbot.project.served import Served
from tapbot.project.types import Project
from tapbot.workflow.engine import Outcome
from tapbot.workflow.types import Item

TAXI = Path(__file__).parents[3] / "examples" / "taxi"
NOW = datetime.fromisoformat("2026-03-04T10:00:00+05:00")
TOMORROW_8 = "2026-03-05T08:00:00+05:00"
RIDE: dict[str, Any] = {
    "from_city": "almaty",
    "to_city": "taraz",
    "departs_at": TOMORROW_8,
    "seats": 2,
    "phone": "+77011234567",
    "language": "ru",
    "contact_id": "contact-1",
    "conversation_id": "conversation-1",
    "request_id": "request-1",
}


class RunFailed(AssertionError):
    """A workflow did not succeed."""


@dataclass
class Clock:
    """A wall clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Company:
    """Runs the company's workflows and looks into its records."""

    app: App
    served: Served
    clock: Clock
    outcomes: list[Outcome] = field(default_factory=list)

    async def call(self, workflow_name: str, **arguments: Any) -> dict[str, Any]:
        """Run a workflow as a bot's tool does, and give its one result."""
        items = await self.start(workflow_name, Item(json=arguments), trigger="workflow")
        if len(items) != 1:
            raise RunFailed(f"{workflow_name} gave {len(items)} items, not one")
        return items[0]

    async def start(self, workflow_name: str, item: Item | None = None, *, trigger: str) -> list[dict[str, Any]]:
        """Run a workflow from a trigger of a kind."""
        engine = self.app.engine
        prepared = self.served.workflow(workflow_name)
        new = engine.new_run(
            self.served.scope,
            self.served.project.release,
            prepared,
            prepared.triggers(trigger)[0],
            [item or Item(json={})],
            mode="integrated",
        )
        outcome = await engine.execute(await engine.begin(new), prepared)
        self.outcomes.append(outcome)
        if outcome.status != "succeeded":
            raise RunFailed(f"{workflow_name} {outcome.status}: {outcome.error}")
        return [made.json for made in outcome.items]

    async def records(self, collection: str, **where: Any) -> list[dict[str, Any]]:
        """The records whose fields equal the given values, the oldest first."""
        asked = [Condition(name, "eq", value) for name, value in where.items()]
        return await self.app.database.read(
            lambda db: store.find(
                db, self.served.scope, collection, where=asked, sort=["created_at"], limit=store.MOST_RECORDS
            )
        )

    async def set(self, key: str, **value: Any) -> None:
        """Change a row of `bot_settings`."""
        await self.app.database.write(
            "test.settings",
            lambda db: store.update(
                db,
                self.served.scope,
                "bot_settings",
                where=[Condition("key", "eq", key)],
                values={"value": value},
                now=self.clock(),
            ),
        )

    async def free_seats(self, departs_at: str, from_city: str = "almaty", to_city: str = "taraz") -> int:
        """How many seats the trip of that hour still has."""
        (trip,) = await self.records("trips", from_city=from_city, to_city=to_city, departs_at=departs_at)
        return int(trip["free_seats"])


@cache
def taxi_project() -> Project:
    """The example, read once: its bot learns for more than a second."""
    return load_project(TAXI)


@asynccontextmanager
async def open_company(data: Path, clock: Callable[[], datetime] | None = None) -> AsyncIterator[Company]:
    """Open the company over a data folder, which may hold what an earlier process left."""
    project = taxi_project()
    clock = clock or Clock()
    assert isinstance(clock, Clock)
    async with open_app(project.settings, data, clock=clock) as app:
        served = await app.add_project(project)
        assert served.problems == {}
        yield Company(app, served, clock)
