"""A move from its first mark to its last: whenever it is cut off, one of the two databases is whole and is served.

The order: the target is marked as unfinished · rows are copied and compared in one transaction, which ends with the
mark "copied" · the source is marked as moved · the target as arrived. Until the third step the source alone can be
served, after the fourth the target alone; between them neither, and the same command again does the fourth. By the
last two marks an installation knows its old place again, and may move back there over what it left.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from tapbot.app.move.copying import copy_rows, verify
from tapbot.app.move.counters import read_counters, release_all, write_counters
from tapbot.app.move.ends import End, PostgresEnd, SqliteEnd, left_in, open_folder, open_postgres
from tapbot.app.move.tables import clear, collection_parts, is_empty, make_like, room_parts
from tapbot.app.move.types import Content, Moved, Progress
from tapbot.errors import Conflict
from tapbot.storage.moved import Mark, MoveState, erase_mark, read_mark, write_mark

_BEGUN = {MoveState.UNFINISHED, MoveState.COPIED}


@dataclass(frozen=True, slots=True)
class Ends:
    """Where from and where to: one of the two is SQLite."""

    source: End
    target: End
    left: tuple[str, ...] = ()


@asynccontextmanager
async def _open_both(data: Path, url: str, *, to_postgres: bool) -> AsyncIterator[Ends]:
    """Both, the source first: a missing one shall not make the other."""
    if to_postgres:
        async with open_folder(data, is_target=False) as folder, open_postgres(url, is_target=True) as server:
            yield Ends(folder, server, left_in(data))
    else:
        async with open_postgres(url, is_target=False) as server, open_folder(data, is_target=True) as folder:
            yield Ends(server, folder)


async def move(data: Path, url: str, *, to_postgres: bool, progress: Progress) -> Moved:
    """Move an installation, or finish a move that was cut off.

    Args:
        data: The data folder.
        url: Address of PostgreSQL with the login of the database's owner.
        to_postgres: From the folder to PostgreSQL; else the other way.

    Raises:
        Conflict: Somebody works with one of them, the target is not empty, or the copy is not the same.
        NotFound: The source holds no installation.
        DatabaseGone: PostgreSQL does not answer.
    """
    async with _open_both(data, url, to_postgres=to_postgres) as ends:
        await ends.target.begin()
        there = await ends.target.run(read_mark)
        empty = await ends.target.run(is_empty)
        await ends.target.commit()
        await ends.source.begin()
        await ends.source.hold()
        here = await ends.source.run(read_mark)
        check_marks(here, there, ends, empty=empty)
        if here is not None and here.state is MoveState.MOVED:
            await _arrive(ends.target, here, ends.source.name)
            return Moved(ends.source.name, ends.target.name, {}, {}, ends.left, finished_only=True)
        back = there is not None and there.state is MoveState.MOVED
        return replace(await _move(ends, progress), replaced=back)


def check_marks(here: Mark | None, there: Mark | None, ends: Ends, *, empty: bool) -> None:
    """Refuse a move that could lose something.

    Args:
        here: Mark of the source.
        there: Mark of the target.
        empty: Whether the target holds no record.
    """
    if here is not None and here.state is not MoveState.ARRIVED:
        same = there is not None and there.move_id == here.move_id and there.state is MoveState.COPIED
        if not same:
            done = here.state is MoveState.MOVED
            raise Conflict(
                f"this installation was moved to {here.other} already."
                if done
                else f"it is itself what an unfinished move from {here.other} left.",
                code="move.source_marked",
                place=ends.source.name,
                hint="Move from there. To go back to this old state for good: `tapbot move --undo`." if done else None,
            )
        return
    if there is not None and there.state in _BEGUN:
        if there.other == ends.source.name:
            return
    elif there is not None and there.state is MoveState.MOVED:
        if here is not None and here.move_id == there.move_id:
            return  # it came from there
    elif empty:
        return
    raise Conflict(
        "the target is not empty.",
        code="move.not_empty",
        place=ends.target.name,
        hint="Choose an empty database, a new folder, or the place that this installation came from; a move writes over"
        " no other records.",
    )


async def _move(ends: Ends, progress: Progress) -> Moved:
    source, target = ends.source, ends.target
    mark = Mark(uuid.uuid4().hex, MoveState.UNFINISHED, source.name, datetime.now(UTC).isoformat(timespec="seconds"))
    await target.begin()
    await target.run(lambda db: write_mark(db, mark))
    await target.commit()
    await target.begin()
    copied, counters = await _copy(ends, progress)
    await target.run(lambda db: write_mark(db, replace(mark, state=MoveState.COPIED)))
    if isinstance(source, PostgresEnd):
        await source.check_alone()
    await target.commit()
    old = replace(mark, state=MoveState.MOVED, other=target.name)
    await source.run(lambda db: write_mark(db, old))
    await source.commit()
    await _arrive(target, mark, source.name)
    return Moved(source.name, target.name, copied, counters, ends.left)


async def _copy(ends: Ends, progress: Progress) -> tuple[dict[str, Content], dict[str, int]]:
    """Copy everything in one transaction of each: both connections are used by one plain function."""
    source, target = ends.source, ends.target
    if isinstance(source, SqliteEnd):
        old = source.connection
        return await target.run(lambda new: copy_all(old, new, progress))
    assert isinstance(target, SqliteEnd)  # noqa: S101  # one of the two is
    new = target.connection
    return await source.run(lambda old: copy_all(old, new, progress))


def copy_all(source: Connection, target: Connection, progress: Progress) -> tuple[dict[str, Content], dict[str, int]]:
    """Copy and compare all tables; gives what they hold, and the counters.

    Raises:
        Conflict: The target refuses a row, or holds something else afterwards.
    """
    clear(target)
    rooms, collections = room_parts(), collection_parts(source)
    pairs = [(part, part) for part in rooms] + [(part, make_like(target, part)) for part in collections]
    copied = {old.name: copy_rows(source, target, old, new, progress) for old, new in pairs}
    verify(target, [new for _old, new in pairs], copied, progress)
    counters = read_counters(source)
    write_counters(target, counters)
    release_all(target)
    return copied, counters


async def _arrive(target: End, move: Mark, source: str) -> None:
    """From now on the target is the installation."""
    await target.begin()
    await target.run(lambda db: write_mark(db, replace(move, state=MoveState.ARRIVED, other=source)))
    await target.commit()


async def undo(data: Path, url: str | None) -> Mark | None:
    """Let an installation that was moved be served again, as it was; gives the mark that it had.

    Args:
        url: Of the installation in PostgreSQL; None for the one in the data folder.

    Raises:
        Conflict: It is an unfinished target: it never was whole.
    """
    opened = open_postgres(url, is_target=False) if url else open_folder(data, is_target=False)
    async with opened as end:
        await end.begin()
        mark = await end.run(read_mark)
        if mark is not None and mark.state is MoveState.ARRIVED:
            return None
        if mark is not None and mark.state is not MoveState.MOVED:
            raise Conflict(
                f"it is what an unfinished move from {mark.other} left, and never was whole.",
                code="move.source_marked",
                place=end.name,
                hint="Give the same `tapbot move` again, or delete it.",
            )
        await end.run(erase_mark)
        await end.commit()
        return mark
