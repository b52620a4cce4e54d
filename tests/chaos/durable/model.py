"""What the model of the journal is made of: runs as it knows them, and a database used from plain code."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, delete
from tests.servers.databases import Place

from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.tables import run_groups, runs, steps, waits

T = TypeVar("T")


@dataclass(slots=True)
class Known:
    """A run as the model has it."""

    status: str
    attempt: int
    holder: str | None = None
    lapsed: bool = False
    in_group: bool = False
    has_place: bool = False
    wake_at: datetime | None = None
    steps: dict[str, str] = field(default_factory=dict)

    def rest(self, status: str) -> None:
        """Nobody works on it now."""
        self.status, self.holder, self.lapsed, self.has_place = status, None, False, False

    @property
    def over(self) -> bool:
        """Whether it ended."""
        return self.status in journal.FINAL


class World:
    """A database that the machine's examples share, used from plain code."""

    def __init__(self, path: Path, kind: str, server: Any) -> None:
        self._runner = asyncio.Runner()
        self._place = Place(path / "model.db", server if kind == "postgres" else None)
        self._database: OpenDatabase = self._runner.run(self._place.open())
        self.numbers = itertools.count(1)

    def write(self, change: Callable[[Connection], T]) -> T:
        """Commit a change."""
        return self._runner.run(self._database.write("test.model", change))

    def forget(self) -> None:
        """Nothing of one example is seen by the next."""
        for table in (runs, steps, waits, run_groups):
            self.write(lambda db, table=table: db.execute(delete(table)) and None)  # type: ignore[misc]

    def close(self) -> None:
        """Close the database."""
        self._runner.run(self._place.close())
        self._runner.close()


@dataclass(frozen=True, slots=True)
class Retry:
    """A person's wish to try a run again."""

    start: Any
    scope: Scope
    new_run_id: str
    now: datetime

    def __call__(self, db: Connection, run_id: str) -> str:
        return journal.retry_run(
            db,
            self.scope,
            run_id,
            start=self.start,
            new_run_id=self.new_run_id,
            release=None,
            actor_id="ann",
            now=self.now,
        )
