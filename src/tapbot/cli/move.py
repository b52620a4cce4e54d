"""`tapbot move`: an installation moves between its data folder and PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tapbot.app.move.moving import move as move_installation
from tapbot.app.move.moving import undo as undo_move
from tapbot.app.move.types import Moved
from tapbot.cli.options import DataOption, JsonOption
from tapbot.cli.places import find_data
from tapbot.cli.printing import show, show_json, show_table, tell
from tapbot.errors import InvalidInput

SILENCE_SECONDS = 2.0


def move(
    project: str | None = None,
    *,
    to: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    data: DataOption = None,
    undo: bool = False,
    json: JsonOption = False,
) -> None:
    """Move an installation from its data folder to an empty PostgreSQL database, or back.

    The way back goes into an empty folder, or into the one that it came from: what it had left there is replaced.
    Stop the server first. Everything is copied and compared, table by table; until then nothing changes at the source,
    and a move that was cut off is started over by the same command. The old place is marked, so that nobody serves it
    by mistake. Others can read a command line: leave the password out of the address and give it as PGPASSWORD.

    Args:
        project: Folder of a project, or its name; the current one when not given.
        to: Address of the database to move to, with its owner's login: postgresql://owner@host:5432/name.
        from_: Address of the database to move from, into the data folder.
        undo: Take the mark away from the old place, the data folder or `--from`, so that it can be served again.
    """
    folder = find_data(project, data)
    if undo and to is None:
        _undo(folder, from_, json=json)
        return
    if undo or (to is None) == (from_ is None):
        raise InvalidInput(
            "say where to, or where from.",
            code="cli.move_where",
            hint="`tapbot move --to postgresql://…`, `tapbot move --from postgresql://…`, or `tapbot move --undo`.",
        )
    began = time.monotonic()
    url = to or from_ or ""
    done = asyncio.run(move_installation(folder, url, to_postgres=to is not None, progress=Reporter()))
    _show(done, time.monotonic() - began, json=json)


class Reporter:
    """Says now and then how far it is."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def __call__(self, table: str, done: int, total: int) -> None:
        if time.monotonic() - self._said_at >= SILENCE_SECONDS:
            self._said_at = time.monotonic()
            tell(f"{table}: {done} of {total} rows")


def _show(done: Moved, seconds: float, *, json: bool) -> None:
    if json:
        show_json(asdict(done) | {"rows": done.rows, "seconds": round(seconds, 3)})
        return
    if done.finished_only:
        show("An earlier move had copied and compared everything; it is finished now.")
    filled = [{"table": name, **asdict(content)} for name, content in done.tables.items() if content.rows]
    if filled:
        show_table(filled, {"table": "table", "rows": "rows", "digest": "hash"}, empty="")
        show(f"{done.rows} rows of {len(done.tables)} tables, copied and compared in {seconds:.1f} s.")
    show(f"Moved from {done.source} to {done.target}.")
    if done.replaced:
        show("It was its old place; what it had left there is replaced.")
    if done.left:
        tell(f"Not moved, since it is no part of the database: {', '.join(done.left)}.")
    if done.target.startswith("postgresql:"):
        show("Serve it by TAPBOT_STORAGE__URL=postgresql://… tapbot up.")
    show("The old place stays as it was, marked as moved; `tapbot move --undo` lets it be served again.")


def _undo(folder: Path, url: str | None, *, json: bool) -> None:
    mark = asyncio.run(undo_move(folder, url))
    if json:
        show_json({"undone": mark is not None, "other": mark.other if mark else None})
    elif mark is None:
        show("It was not moved; nothing to undo.")
    else:
        show(f"It can be served again as it was before the move to {mark.other}. Do not serve both.")
