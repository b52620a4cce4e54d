"""The mark that a move leaves in a database: not all records are here yet, are elsewhere by now, or came from there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, inspect, text

from tapbot.errors import Conflict
from tapbot.storage.roles import ENGINE_ROLE, REQUEST_ROLE

TABLE = "tapbot_move"
"""It is there while there is a mark alone, so that no other installation carries it."""


class MoveState(StrEnum):
    """How far a move is, as one of its two databases knows."""

    UNFINISHED = "unfinished"
    """Records are being copied to here."""
    COPIED = "copied"
    """Everything is here and was compared, but the source may not know yet that it is the old one."""
    MOVED = "moved"
    """Everything was copied from here."""
    ARRIVED = "arrived"
    """Everything was copied to here, and here it goes on: the same move marks the old place as moved."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A move that a database takes part in.

    Args:
        other: Where the other database is, without its password.
        at: When it began, as text.
    """

    move_id: str
    state: MoveState
    other: str
    at: str


def read_mark(db: Connection) -> Mark | None:
    """The mark, if there is one."""
    if not inspect(db).has_table(TABLE):
        return None
    row = db.execute(text("SELECT move_id, state, other, at FROM tapbot_move")).one_or_none()
    return Mark(row.move_id, MoveState(row.state), row.other, row.at) if row else None


def write_mark(db: Connection, mark: Mark) -> None:
    """Set the mark in place of an older one. On PostgreSQL as the owner."""
    erase_mark(db)
    db.execute(text("CREATE TABLE tapbot_move (move_id TEXT, state TEXT, other TEXT, at TEXT)"))
    if db.dialect.name == "postgresql":
        db.execute(text(f"GRANT SELECT ON tapbot_move TO {ENGINE_ROLE}, {REQUEST_ROLE}"))
    values = {"move_id": mark.move_id, "state": mark.state.value, "other": mark.other, "at": mark.at}
    db.execute(text("INSERT INTO tapbot_move VALUES (:move_id, :state, :other, :at)"), values)


def erase_mark(db: Connection) -> None:
    """Take the mark away."""
    db.execute(text("DROP TABLE IF EXISTS tapbot_move"))


def check_not_moved(db: Connection) -> None:
    """Refuse to work on records that are not all here, or not here any more.

    Raises:
        Conflict: The database has a mark.
    """
    mark = read_mark(db)
    if mark is None or mark.state is MoveState.ARRIVED:
        return
    if mark.state is MoveState.MOVED:
        raise Conflict(
            f"this installation was moved to {mark.other}; what is written here would be missing there.",
            code="storage.moved",
            hint="Serve the new one. To go back to this old state for good: `tapbot move --undo`.",
        )
    raise Conflict(
        f"a move from {mark.other} to here did not finish.",
        code="storage.move_unfinished",
        hint="Give the same `tapbot move` again: it starts over, and the source is as it was.",
    )
