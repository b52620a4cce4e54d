"""What is asked about broadcasts, over the API and by commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from tapbot.bots.quiet import hours_of
from tapbot.errors import InvalidInput, NotFound
from tapbot.inbox import broadcasts, mailing
from tapbot.inbox.casting import Rules
from tapbot.project.broadcasting import preview, rules_for
from tapbot.project.types import Project
from tapbot.storage.database import OpenDatabase
from tapbot.storage.ids import new_id
from tapbot.storage.types import Scope

MOST_LISTED = 1000
OPTIONS = ("segment", "channels", "template", "unsubscribe")


@dataclass(frozen=True, slots=True)
class BroadcastDesk:
    """Where somebody asks.

    Args:
        project: The project as it is served; `None` where only the stores are open.
    """

    database: OpenDatabase
    scope: Scope
    project: Project | None
    now: datetime
    actor_id: str | None = None

    async def listed(self, *, before: tuple[datetime, str] | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """Broadcasts, the newest first, without their figures."""
        rows = await self.database.scoped(self.scope).read(
            lambda db: broadcasts.list_broadcasts(db, self.scope, before=before, limit=limit)
        )
        return [show(row) for row in rows]

    async def show(self, broadcast_id: str) -> dict[str, Any]:
        """One broadcast with its figures."""

        def read(db: Connection) -> dict[str, Any]:
            row = broadcasts.get(db, self.scope, broadcast_id)
            gone = broadcasts.count_unsubscribed(db, self.scope, broadcast_id)
            return show(row) | broadcasts.counts_of(db, self.scope, broadcast_id) | {"unsubscribed": gone}

        return await self.database.scoped(self.scope).read(read)

    async def create(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a draft: `name`, `bot`, `purpose`, `texts`, and what else `broadcasts` says."""
        self._check_bot(given)
        broadcast_id = await self.database.scoped(self.scope).write(
            "broadcast.create",
            lambda db: broadcasts.create(db, self.scope, _values(given), actor_id=self.actor_id, now=self.now),
        )
        return await self.show(broadcast_id)

    async def change(self, broadcast_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Change a draft."""
        self._check_bot(given)

        def write(db: Connection) -> None:
            row = broadcasts.lock(db, self.scope, broadcast_id)
            values = _values(show(row) | dict(given))
            broadcasts.change(db, self.scope, broadcast_id, values)

        await self.database.scoped(self.scope).write("broadcast.change", write)
        return await self.show(broadcast_id)

    async def preview(self, broadcast_id: str) -> dict[str, Any]:
        """Who would get it now, three examples, and who would not."""
        return await self._preview(await self._row(broadcast_id))

    async def look_ahead(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The preview of a broadcast that is not kept. Without words it counts whoever would get any."""
        self._check_bot(given)
        locales = self.project.settings.project.locales if self.project else ()
        texts = given.get("texts") or dict.fromkeys(locales, "…")
        values = _values({**given, "texts": texts})
        broadcasts.content_of(values)
        return await self._preview({**values, "broadcast_id": ""})

    async def _preview(self, row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
        found = await preview(self.database, self.scope, row, self._rules(row), self.now)
        quiet_hours = hours_of(self.project.settings, row["bot_id"]) if self.project else None
        return found | {"quiet_hours": quiet_hours}

    async def test(self, broadcast_id: str, contact_id: str, key: str | None) -> dict[str, Any]:
        """Send it to one person now."""
        row, test_key = await self._row(broadcast_id), key or new_id()
        rules = self._rules(row)
        message_id = await self.database.scoped(self.scope).write(
            "broadcast.test",
            lambda db: mailing.send_test(db, self.scope, row, contact_id, rules, key=test_key, now=self.now),
        )
        return {"message_id": message_id}

    async def start(self, broadcast_id: str, at: datetime | None) -> dict[str, Any]:
        """Begin, or go on after a stop."""
        if self.project is not None:
            rules = self._rules(await self._row(broadcast_id))
            if not rules.channels:
                raise InvalidInput("this bot has no channel.", code="broadcast.no_channel", place="bot")
        await self.database.scoped(self.scope).write(
            "broadcast.start",
            lambda db: broadcasts.start(db, self.scope, broadcast_id, at=at, actor_id=self.actor_id, now=self.now),
        )
        return await self.show(broadcast_id)

    async def stop(self, broadcast_id: str) -> dict[str, Any]:
        """Send no more of it."""
        await self.database.scoped(self.scope).write(
            "broadcast.stop",
            lambda db: broadcasts.stop(db, self.scope, broadcast_id, actor_id=self.actor_id, now=self.now),
        )
        return await self.show(broadcast_id)

    async def results(
        self, broadcast_id: str, *, status: str | None = None, after: str | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """What became of it for each person."""

        def read(db: Connection) -> list[dict[str, Any]]:
            broadcasts.get(db, self.scope, broadcast_id)
            return broadcasts.list_results(db, self.scope, broadcast_id, status=status, after=after, limit=limit)

        return await self.database.scoped(self.scope).read(read)

    async def _row(self, broadcast_id: str) -> RowMapping:
        return await self.database.scoped(self.scope).read(lambda db: broadcasts.get(db, self.scope, broadcast_id))

    def _rules(self, row: Mapping[str, Any] | RowMapping) -> Rules:
        if self.project is None:
            raise InvalidInput(
                "this needs the project: its channels and languages.",
                code="broadcast.no_project",
                hint="Ask while the server runs, or over the API.",
            )
        return rules_for(self.project, row["bot_id"])

    def _check_bot(self, given: Mapping[str, Any]) -> None:
        if self.project is not None and "bot" in given and given["bot"] not in self.project.bots:
            raise NotFound(f"there is no bot {given['bot']!r} here.", code="bot.not_found", place="bot")


def show(row: RowMapping) -> dict[str, Any]:
    """A broadcast as people see it."""
    same = ("name", "purpose", "status", "starts_at", "counted", "created_at", "finished_at")
    content = broadcasts.content_of(row)
    said = {name: getattr(content, name) for name in ("texts", *OPTIONS[1:])}
    segment = [{"field": one.field, "op": one.op, "value": one.value} for one in content.segment]
    own = {"id": row["broadcast_id"], "bot": row["bot_id"], **{name: row[name] for name in same}}
    return own | said | {"segment": segment}


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of what somebody gave."""
    content = {name: given[name] for name in ("texts", *OPTIONS) if name in given}
    return {"name": given.get("name"), "bot_id": given.get("bot"), "purpose": given.get("purpose"), "content": content}


def _named(args: Mapping[str, Any]) -> str:
    return str(args.get("broadcast") or "")


async def _list(desk: BroadcastDesk, args: Mapping[str, Any]) -> Any:
    return await desk.listed(limit=min(int(args.get("limit") or 50), MOST_LISTED))


async def _create(desk: BroadcastDesk, args: Mapping[str, Any]) -> Any:
    given = args.get("given")
    if not isinstance(given, dict):
        raise InvalidInput("a broadcast is an object.", code="broadcast.bad_content")
    return await desk.create(given)


async def _start(desk: BroadcastDesk, args: Mapping[str, Any]) -> Any:
    at = args.get("at")
    try:
        begins_at = datetime.fromisoformat(str(at)) if at else None
    except ValueError:
        begins_at = None
    if at and (begins_at is None or begins_at.tzinfo is None):
        raise InvalidInput(
            "write the time with its zone, `2026-03-05T10:00+05:00`.", code="outbox.bad_time", place="at"
        )
    return await desk.start(_named(args), begins_at)


async def _results(desk: BroadcastDesk, args: Mapping[str, Any]) -> Any:
    limit = min(int(args.get("limit") or 100), MOST_LISTED)
    return await desk.results(_named(args), status=args.get("status"), after=args.get("after"), limit=limit)


ANSWERS: Mapping[str, Callable[[BroadcastDesk, Mapping[str, Any]], Awaitable[Any]]] = {
    "broadcasts.list": _list,
    "broadcasts.show": lambda desk, args: desk.show(_named(args)),
    "broadcasts.create": _create,
    "broadcasts.preview": lambda desk, args: desk.preview(_named(args)),
    "broadcasts.test": lambda desk, args: desk.test(_named(args), str(args.get("contact") or ""), args.get("key")),
    "broadcasts.start": _start,
    "broadcasts.stop": lambda desk, args: desk.stop(_named(args)),
    "broadcasts.results": _results,
}
"""What commands ask, by name."""
