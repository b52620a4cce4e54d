"""Approvals: what a person is asked to decide. One use, bound to the exact arguments, over at a deadline."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from tapbot.errors import Conflict, NotFound
from tapbot.events.store import tell
from tapbot.inbox import holding
from tapbot.inbox.changes import lock_conversation
from tapbot.inbox.tables import approvals
from tapbot.inbox.types import Actor
from tapbot.storage.columns import owned, within
from tapbot.storage.types import JsonObject, Scope

Decision = Literal["approved", "refused"]
ApprovalStatus = Literal["open", "approved", "refused", "expired", "cancelled"]
TOKEN_BYTES = 16
CLOSED_BY_ITS_RUN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is asked.

    Args:
        run_id: The run that waits.
        event: Key of the event that wakes it.
        conversation_id: The customer's conversation that the bot leaves alone until the decision; `None` for none.
        details: The exact arguments that are decided on.
        deciders: Who may decide in the console: `role`, `team`, `person`; empty for everybody who may answer customers.
        chats: Where it is asked, each as `bot_id`, `channel` and `chat_id`.
    """

    run_id: str
    node: str
    event: str
    question: str
    details: JsonObject
    language: str
    deciders: Mapping[str, str]
    chats: Sequence[Mapping[str, str]]
    deadline_at: datetime
    conversation_id: str | None = None


def details_hash(details: Any) -> str:
    """What a decision is bound to: SHA-256 of the arguments, whatever the order of their names."""
    return hashlib.sha256(msgspec.json.encode(details, order="deterministic")).hexdigest()


def open_approval(db: Connection, scope: Scope, asked: Asked, *, now: datetime) -> tuple[str, str]:
    """Note what is asked; gives its id, and the token by which a button of its message is known."""
    approval_id, token = str(uuid.uuid4()), secrets.token_urlsafe(TOKEN_BYTES)
    values: dict[str, Any] = owned(scope) | {
        "approval_id": approval_id,
        "run_id": asked.run_id,
        "node": asked.node,
        "conversation_id": asked.conversation_id,
        "question": asked.question,
        "details": asked.details,
        "details_hash": details_hash(asked.details),
        "language": asked.language,
        "deciders": dict(asked.deciders),
        "chats": [dict(chat) for chat in asked.chats],
        "token": token,
        "event": asked.event,
        "status": "open",
        "deadline_at": asked.deadline_at,
        "created_at": now,
    }
    db.execute(insert(approvals), values)
    if asked.conversation_id is not None:
        actor = Actor("workflow", asked.run_id)
        holding.await_approval(db, scope, asked.conversation_id, actor=actor, reason="approval", now=now)
    tell(db, scope, "approval", approval_id, {"status": "open", "run_id": asked.run_id}, now=now)
    return approval_id, token


def remind(
    db: Connection, scope: Scope, approval_id: str, chats: Sequence[Mapping[str, str]], *, now: datetime
) -> str | None:
    """Ask again, in other chats too; gives the buttons' token, `None` when nothing is open any more."""
    row = lock_approval(db, scope, approval_id)
    if row["status"] != "open":
        return None
    values = {"chats": [*row["chats"], *map(dict, chats)], "reminded_at": now}
    db.execute(update(approvals).where(_this(scope, approval_id)).values(**values))
    return str(row["token"])


def decide(
    db: Connection,
    scope: Scope,
    approval_id: str,
    decision: Decision,
    *,
    by: JsonObject,
    now: datetime,
    note: str | None = None,
) -> RowMapping:
    """Decide, once and in time; gives the row as it was before.

    Raises:
        NotFound: There is no such approval.
        Conflict: It was decided before, or the time is over.
    """
    row = lock_approval(db, scope, approval_id)
    if row["status"] != "open":
        raise Conflict(
            f"This was decided before: {row['status']}.",
            code=f"approval.{'late' if row['status'] == 'expired' else 'decided'}",
        )
    if now >= row["deadline_at"]:
        raise Conflict("The time to decide is over.", code="approval.late")
    _end(db, scope, row, decision, now=now, by=by, note=note)
    return row


def close_approval(
    db: Connection, scope: Scope, approval_id: str, *, now: datetime, status: ApprovalStatus = "expired"
) -> RowMapping:
    """The end of the time: what is open is over; gives the row as it is then."""
    row = lock_approval(db, scope, approval_id)
    if row["status"] == "open":
        _end(db, scope, row, status, now=now)
    return lock_approval(db, scope, approval_id)


def _end(
    db: Connection,
    scope: Scope,
    row: RowMapping,
    status: ApprovalStatus,
    *,
    now: datetime,
    by: JsonObject | None = None,
    note: str | None = None,
) -> None:
    values = {"status": status, "decided_by": by, "decided_at": now, "note": note}
    db.execute(update(approvals).where(_this(scope, row["approval_id"])).values(**values))
    if row["conversation_id"] is not None:
        actor = Actor("workflow", row["run_id"])
        _wake_bot(db, scope, row["conversation_id"], actor, status, now)
    tell(db, scope, "approval", row["approval_id"], {"status": status, "run_id": row["run_id"]}, now=now)


def _wake_bot(db: Connection, scope: Scope, conversation_id: str, actor: Actor, status: str, now: datetime) -> None:
    """The bot answers again, unless a person took the conversation meanwhile or another decision is awaited."""
    if lock_conversation(db, scope, conversation_id)["holder"] != "approval":
        return
    others = select(approvals.c.approval_id).where(
        within(approvals, scope), approvals.c.conversation_id == conversation_id, approvals.c.status == "open"
    )
    if db.execute(others.limit(1)).first() is None:
        holding.give_back(db, scope, conversation_id, actor=actor, reason=status, now=now)


def lock_approval(db: Connection, scope: Scope, approval_id: str) -> RowMapping:
    """An approval that nobody else changes until the transaction ends.

    Raises:
        NotFound: There is no such approval.
    """
    query = select(approvals).where(_this(scope, approval_id))
    row = db.execute(query.with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotFound("there is no such approval.", code="approval.not_found", place=approval_id)
    return row


def find_by_token(db: Connection, scope: Scope, token: str) -> RowMapping | None:
    """The approval that a button belongs to."""
    query = select(approvals).where(within(approvals, scope), approvals.c.token == token)
    return db.execute(query).mappings().one_or_none()


def link_key(token: str, chat: Mapping[str, str]) -> str:
    """What the address of the page has, by which one of the asked chats decides where there are no buttons.

    Args:
        token: Of the approval; whoever knows a key does not know it.
    """
    named = "\0".join([token, chat["bot_id"], chat["channel"], chat["chat_id"]])
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def find_by_link(
    db: Connection, scope: Scope, approval_id: str, key: str
) -> tuple[RowMapping | None, Mapping[str, str] | None]:
    """The approval of a page's address, and the chat that was given that address."""
    row = get_approval(db, scope, approval_id)
    asked = row["chats"] if row else []
    return row, next((chat for chat in asked if row and hmac.compare_digest(link_key(row["token"], chat), key)), None)


def get_approval(db: Connection, scope: Scope, approval_id: str) -> RowMapping | None:
    """One approval."""
    return db.execute(select(approvals).where(_this(scope, approval_id))).mappings().one_or_none()


def list_approvals(
    db: Connection, scope: Scope, *, status: ApprovalStatus | None = None, limit: int = 100
) -> list[RowMapping]:
    """The newest approvals first."""
    query: Select[Any] = select(approvals).where(within(approvals, scope))
    if status is not None:
        query = query.where(approvals.c.status == status)
    ordered = query.order_by(approvals.c.created_at.desc(), approvals.c.approval_id)
    return list(db.execute(ordered.limit(limit)).mappings())


def close_overdue(db: Connection, now: datetime, *, limit: int) -> int:
    """Close up to `limit` approvals, of all projects, whose time is over: a conversation may wait for them.

    A run closes its own when the time comes. These are of runs that ended in another way, or that are late.
    """
    late = (approvals.c.status == "open") & (approvals.c.deadline_at < now - CLOSED_BY_ITS_RUN_WITHIN)
    columns = (approvals.c.approval_id, approvals.c.project_id, approvals.c.environment)
    overdue = list(db.execute(select(*columns).where(late).order_by(approvals.c.deadline_at).limit(limit)))
    for approval_id, project_id, environment in overdue:
        close_approval(db, Scope(project_id, environment), approval_id, now=now)
    return len(overdue)


def forget_approvals(db: Connection, moment: datetime, *, limit: int) -> int:
    """Delete up to `limit` approvals, of all projects, that were over before a moment."""
    old = select(approvals.c.approval_id).where(approvals.c.decided_at < moment)
    chosen = list(db.execute(old.order_by(approvals.c.decided_at).limit(limit)).scalars())
    if chosen:
        db.execute(delete(approvals).where(approvals.c.approval_id.in_(chosen)))
    return len(chosen)


def _this(scope: Scope, approval_id: str) -> Any:
    return within(approvals, scope) & (approvals.c.approval_id == approval_id)
