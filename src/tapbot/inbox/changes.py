"""The history of a conversation: each change with its reason and who made it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from tapbot.errors import NotFound
from tapbot.events.store import tell
from tapbot.inbox.tables import conversation_changes, conversations
from tapbot.inbox.types import Actor
from tapbot.storage.columns import owned, within
from tapbot.storage.sql import lock_until_commit
from tapbot.storage.types import JsonObject, Scope

LONGEST_REASON = 200
TIMES = ("reply_due_at", "return_at", "snoozed_until")


def lock_conversation(db: Connection, scope: Scope, conversation_id: str) -> RowMapping:
    """A conversation that nobody else changes until the transaction ends.

    Raises:
        NotFound: There is no such conversation.
    """
    query = select(conversations).where(
        within(conversations, scope), conversations.c.conversation_id == conversation_id
    )
    row = db.execute(query.with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no conversation {conversation_id!r}.", code="inbox.no_conversation")
    return row


def change_conversation(db: Connection, row: RowMapping, values: dict[str, Any]) -> None:
    """Write values of a locked conversation, and when something is next due in it."""
    times = [values[name] if name in values else row[name] for name in TIMES]
    due = min((time for time in times if time is not None), default=None)
    this = within(conversations, scope_of(row)) & (conversations.c.conversation_id == row["conversation_id"])
    db.execute(update(conversations).where(this).values(**values, desk_due_at=due))


def note_change(
    db: Connection,
    row: RowMapping,
    kind: str,
    actor: Actor,
    *,
    now: datetime,
    to_holder: str | None = None,
    reason: str | None = None,
    data: JsonObject | None = None,
) -> None:
    """Write one row of history, and tell whoever looks.

    Args:
        row: The conversation as it was before.
    """
    scope, conversation_id = scope_of(row), row["conversation_id"]
    said = reason[:LONGEST_REASON] if reason else None
    values = owned(scope) | {
        "conversation_id": conversation_id,
        "kind": kind,
        "from_holder": row["holder"] if to_holder else None,
        "to_holder": to_holder,
        "reason": said,
        "actor_kind": actor.kind,
        "actor_id": actor.actor_id,
        "data": data or {},
        "at": now,
    }
    db.execute(insert(conversation_changes), values)
    told: JsonObject = {"change": kind, "holder": to_holder or row["holder"], "reason": said}
    tell(db, scope, "conversation", conversation_id, told, now=now)


def list_changes(db: Connection, scope: Scope, conversation_id: str, *, limit: int = 200) -> list[dict[str, Any]]:
    """The newest changes of a conversation, oldest first."""
    query = select(conversation_changes).where(
        within(conversation_changes, scope), conversation_changes.c.conversation_id == conversation_id
    )
    rows = db.execute(query.order_by(conversation_changes.c.change_id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows][::-1]


def next_person(db: Connection, scope: Scope, people: tuple[str, ...]) -> str | None:
    """Of some people the one who was given a conversation the longest ago; `None` when there are none."""
    if not people:
        return None
    lock_until_commit(db, "assign", scope.project_id, scope.environment)
    given, newest = conversations.c.assignee_id, func.max(conversations.c.assigned_at)
    query = select(given, newest).where(within(conversations, scope), given.in_(people)).group_by(given)
    last = {person: at for person, at in db.execute(query)}
    fresh = next((person for person in people if person not in last), None)
    return fresh or min(people, key=lambda person: last[person])


def scope_of(row: RowMapping) -> Scope:
    """Whose row it is."""
    return Scope(row["project_id"], row["environment"])
