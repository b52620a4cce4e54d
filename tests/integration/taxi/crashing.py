"""A database whose process dies at a chosen write: before its commit, or after it and before anybody hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from sqlalchemy import Connection

from tapbot.storage.database import Database

T = TypeVar("T")


class Died(Exception):
    """The process is gone: whatever it was doing ends here."""


class CrashingDatabase:
    """Passes calls on until the write at which the process dies; from then on every call ends in `Died`.

    Args:
        at: Number of that write, from 1; `None`: it lives.
        when: `"before"`: nothing of the write is kept. `"after"`: it is kept, and its caller never hears of it.
    """

    def __init__(self, inner: Database, *, at: int | None, when: Literal["before", "after"]) -> None:
        self.inner = inner
        self.sites: list[str] = []
        self._at = at
        self._when = when

    @property
    def dead(self) -> bool:
        return self._at is not None and len(self.sites) >= self._at

    async def read(self, query: Callable[[Connection], T]) -> T:
        if self.dead:
            raise Died
        return await self.inner.read(query)

    async def write(self, site: str, change: Callable[[Connection], T]) -> T:
        if self.dead:
            raise Died
        self.sites.append(site)
        if self.dead and self._when == "before":
            raise Died
        result = await self.inner.write(site, change)
        if self.dead:
            raise Died
        return result

    async def close(self) -> None:
        await self.inner.close()
