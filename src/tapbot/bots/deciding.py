"""A decision: of a person in the console, or by a button in the chat that was asked. It wakes the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from tapbot.access import audit
from tapbot.errors import Conflict, NotFound
from tapbot.inbox import approvals, outbox, store
from tapbot.inbox.approval_words import DEFAULT, NO, PRESS, YES, text
from tapbot.inbox.types import Accepted, Arrival
from tapbot.storage.columns import within
from tapbot.storage.database import Database, OpenDatabase
from tapbot.storage.types import JsonObject, Scope
from tapbot.telemetry import logger
from tapbot.workflow.journal.waiting import deliver
from tapbot.workflow.tables import runs

LOG = logger("approvals")
ENDED = frozenset({"succeeded", "failed", "cancelled"})
SHOWN_CHARS = 120


def decide(
    db: Connection,
    scope: Scope,
    approval_id: str,
    decision: approvals.Decision,
    *,
    by: JsonObject,
    now: datetime,
    actor_id: str | None = None,
    note: str | None = None,
) -> RowMapping:
    """Decide once and in time, wake the run, and put it into the audit log; gives the row as it was before.

    Raises:
        NotFound: There is no such approval.
        Conflict: It was decided before, it is too late, or its run has ended.
    """
    row = approvals.decide(db, scope, approval_id, decision, by=by, now=now, note=note)
    deliver(db, scope, row["event"], {"approval_id": approval_id}, now=now)
    data: JsonObject = {"decision": decision, "details_hash": row["details_hash"], "run_id": row["run_id"]}
    action = "approval.decided"
    audit.note(db, scope, actor_id=actor_id, action=action, subject=approval_id, data=data, now=now)
    return row


def give_up(db: Connection, scope: Scope, approval_id: str, *, now: datetime) -> bool:
    """Close an approval whose run has ended in another way: there is nothing left to decide.

    Raises:
        NotFound: There is no such approval.
    """
    row = approvals.lock_approval(db, scope, approval_id)
    if row["status"] != "open":
        return False
    status = db.execute(select(runs.c.status).where(within(runs, scope), runs.c.run_id == row["run_id"])).scalar()
    ended = status is None or status in ENDED
    if ended:
        approvals.close_approval(db, scope, approval_id, now=now, status="cancelled")
    return ended


@dataclass(frozen=True, slots=True)
class PersonsDecision:
    """What a person decided in the console.

    Args:
        details_hash: Of what was shown.
        actor_id: The person; `None` for whoever has the machine.
        check: Refuses whoever was not asked; gets the approval.
    """

    decision: approvals.Decision
    details_hash: str
    person: JsonObject
    actor_id: str | None
    check: Callable[[RowMapping], None]
    note: str | None = None


async def decide_as_person(
    database: OpenDatabase, scope: Scope, approval_id: str, wanted: PersonsDecision, *, now: datetime
) -> RowMapping:
    """Decide with the engine's rights, since it wakes the run; gives the approval as it is then.

    Raises:
        NotFound: There is no such approval.
        Conflict: It is about something else than was shown, decided, too late, or its run has ended.
    """

    def write(db: Connection) -> RowMapping:
        row = approvals.lock_approval(db, scope, approval_id)
        wanted.check(row)
        if row["details_hash"] != wanted.details_hash:
            raise Conflict("This is about other arguments than were shown.", code="approval.other_details")
        if not give_up(db, scope, approval_id, now=now):
            decided: dict[str, Any] = {
                "by": wanted.person,
                "now": now,
                "actor_id": wanted.actor_id,
                "note": wanted.note,
            }
            decide(db, scope, approval_id, wanted.decision, **decided)
        return approvals.lock_approval(db, scope, approval_id)

    row = await database.write("approval.decide", write)
    if row["status"] == "cancelled":
        raise Conflict("The run that asked has ended: there is nothing left to decide.", code="approval.run_ended")
    return row


def database_for(database: OpenDatabase, scope: Scope, values: Iterable[str | None]) -> Database:
    """The database in which messages with these button values are kept: a decision wakes a run, which requests may not.

    Args:
        values: Values of the pressed buttons.
    """
    return database if any(map(_is_press, values)) else database.scoped(scope)


def _is_press(value: str | None) -> bool:
    return value is not None and value.startswith(PRESS)


def take_in(db: Connection, scope: Scope, arrival: Arrival, *, now: datetime) -> Accepted:
    """Keep a message of a customer, once; the press of an approval's button is a decision, and no turn of a bot."""
    accepted = store.accept(db, scope, arrival, now=now)
    if accepted.duplicate or not _is_press(arrival.value):
        return accepted
    store.mark_done(db, scope, accepted.inbound_id)
    said = _press(db, scope, arrival, now)
    outbox.queue_reply(
        db,
        scope,
        conversation_id=accepted.conversation_id,
        text=said,
        buttons=[],
        send_key=f"approval/{accepted.inbound_id}",
        author="bot",
        run_id=None,
        now=now,
        inbound_id=accepted.inbound_id,
        to_colleague=True,
    )
    return accepted


def _press(db: Connection, scope: Scope, arrival: Arrival, now: datetime) -> str:
    """Decide by a button, and say what came of it. A forged, replayed or late press changes nothing and is logged."""
    token, _, choice = str(arrival.value).removeprefix(PRESS).partition(":")
    chat = {"bot_id": arrival.bot_id, "channel": arrival.channel, "chat_id": arrival.chat_id}
    row = approvals.find_by_token(db, scope, token)
    if row is None or chat not in row["chats"] or choice not in {YES, NO}:
        language = row["language"] if row else arrival.sender_language or DEFAULT
        return _refuse(db, scope, chat, row, "not_yours" if row else "late", language, now)
    by: JsonObject = {**chat, "sender_id": arrival.sender_id, "name": arrival.sender_name}
    return _choose(db, scope, row, choice, chat, by, now)


async def decide_on_page(
    database: OpenDatabase, scope: Scope, approval_id: str, key: str, choice: str, *, now: datetime
) -> tuple[str, str]:
    """Decide, with the engine's rights, on the page whose address a chat without buttons was given.

    Args:
        key: Of the address, see `approvals.link_key`.

    Returns:
        What came of it, in words, and their language.

    Raises:
        NotFound: Nobody was given this address, or it is neither yes nor no.
    """

    def write(db: Connection) -> tuple[str, str]:
        row, chat = approvals.find_by_link(db, scope, approval_id, key)
        if row is None or chat is None or choice not in {YES, NO}:
            raise NotFound("There is no such question.", code="approval.not_found")
        return _choose(db, scope, row, choice, chat, {**chat, "name": chat["chat_id"]}, now), row["language"]

    return await database.write("approval.decide", write)


def _choose(
    db: Connection, scope: Scope, row: RowMapping, choice: str, chat: Mapping[str, str], by: JsonObject, now: datetime
) -> str:
    decision: approvals.Decision = "approved" if choice == YES else "refused"
    try:
        if give_up(db, scope, row["approval_id"], now=now):
            return _refuse(db, scope, chat, row, "late", row["language"], now)
        decide(db, scope, row["approval_id"], decision, by=by, now=now)
    except Conflict as conflict:
        key = "decided_before" if conflict.code == "approval.decided" else "late"
        return _refuse(db, scope, chat, row, key, row["language"], now)
    return text(decision, row["language"], question=row["question"].partition("\n")[0][:SHOWN_CHARS])


def note_forged(db: Connection, scope: Scope, approval_id: str, *, now: datetime) -> None:
    """Put it into the audit log that somebody tried an address that nobody was given."""
    row = approvals.get_approval(db, scope, approval_id)
    _refuse(db, scope, {"channel": "page", "bot_id": ""}, row, "not_yours", DEFAULT, now)


def _refuse(
    db: Connection,
    scope: Scope,
    chat: Mapping[str, str],
    row: RowMapping | None,
    why: str,
    language: str,
    now: datetime,
) -> str:
    subject = row["approval_id"] if row else "unknown"
    data: JsonObject = {"why": why, "channel": chat["channel"], "bot": chat["bot_id"]}
    audit.note(db, scope, actor_id=None, action="approval.press_refused", subject=subject, data=data, now=now)
    LOG.warning("a decision by a button was refused", why=why, approval=subject, bot=chat["bot_id"])
    return text(why, language)
