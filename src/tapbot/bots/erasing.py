"""Erasing a person: every row about them in one transaction, with a receipt of what went and not whose it was."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, delete, func, insert, select

from tapbot.access import audit
from tapbot.bots import person_rows
from tapbot.bots.person_rows import Person
from tapbot.events.store import tell
from tapbot.events.tables import events
from tapbot.inbox.changes import lock_conversation
from tapbot.inbox.files import delete_files_of
from tapbot.inbox.tables import (
    approvals,
    chats,
    consents,
    contacts,
    conversation_changes,
    conversations,
    erasures,
    inbound,
    merges,
    messages,
    outbox,
    receipts,
    receivers,
    windows,
)
from tapbot.inbox.types import Chat
from tapbot.storage.columns import owned, within
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import journal
from tapbot.workflow.journal.retention import batched


def preview(db: Connection, scope: Scope, contact_id: str) -> dict[str, Any]:
    """How many rows of each kind an erasure would take, and nothing is changed.

    Raises:
        NotFound: There is no such contact.
    """
    person = person_rows.find_person(db, scope, contact_id, locked=False)
    records: dict[str, int] = {}
    for found, about in person_rows.records_of(db, person):
        rows = db.execute(select(func.count()).select_from(found.table).where(about)).scalar_one()
        if rows:
            records[found.collection.name] = rows
    said = sum(len(person_rows.messages_of(db, person, one)) for one in person.conversation_ids)
    return {
        "contact_id": person.person_id,
        "contacts": len(person.contacts),
        "conversations": len(person.conversations),
        "messages": said,
        "runs": len(person.run_ids),
        "approvals": len(person_rows.approvals_of(db, person)),
        "records": records,
    }


async def erase_person(
    database: OpenDatabase, scope: Scope, contact_id: str, *, confirm: str, actor_id: str | None, now: datetime
) -> dict[str, Any]:
    """`erase` with the engine's rights: requests may not write the journal."""
    return await database.write(
        "contact.erase", lambda db: erase(db, scope, contact_id, confirm=confirm, actor_id=actor_id, now=now)
    )


def erase(
    db: Connection, scope: Scope, contact_id: str, *, confirm: str, actor_id: str | None, now: datetime
) -> dict[str, Any]:
    """Delete everything about a person, with the engine's rights: the journal is among it. Gives the receipt.

    A turn or workflow that is at work for them finds its run gone, and leaves nothing behind.

    Args:
        confirm: The person's id once more.

    Raises:
        NotFound: There is no such contact.
        InvalidInput: `confirm` names somebody else.
    """
    seen = person_rows.find_person(db, scope, contact_id)
    person_rows.check_confirmed(seen, confirm)
    for conversation_id in seen.conversation_ids:
        lock_conversation(db, scope, conversation_id)
    person = person_rows.find_person(db, scope, contact_id)  # as it is behind the locks
    erased: dict[str, int] = {}
    subjects = _subjects(db, person)
    subjects += _erase_records(db, person, erased)
    _erase_inbox(db, person, erased)
    erased.update({name: rows for name, rows in journal.erase_runs(db, scope, person.run_ids).items() if rows})
    for ids in batched(subjects):
        _delete(db, scope, erased, events, events.c.subject.in_(ids))
    return _receipt(db, person, erased, actor_id, now)


def list_receipts(db: Connection, scope: Scope, *, limit: int = 100) -> list[RowMapping]:
    """Receipts of erasures, the newest first."""
    query = select(erasures).where(within(erasures, scope))
    return list(db.execute(query.order_by(erasures.c.erased_at.desc()).limit(limit)).mappings())


def hash_receipt(receipt: JsonObject) -> str:
    """SHA-256 of all that a receipt says besides."""
    said = {name: value for name, value in receipt.items() if name != "receipt_hash"}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _subjects(db: Connection, person: Person) -> list[str]:
    """What facts may be about that were told of a person."""
    said = [row["message_id"] for one in person.conversation_ids for row in person_rows.messages_of(db, person, one)]
    asked = [row["approval_id"] for row in person_rows.approvals_of(db, person)]
    return [*person.contact_ids, *person.conversation_ids, *person.run_ids, *said, *asked]


def _erase_records(db: Connection, person: Person, erased: dict[str, int]) -> list[str]:
    """Delete the records that name a person; gives their ids."""
    gone: list[str] = []
    for found, about in person_rows.records_of(db, person):
        ids = list(db.execute(delete(found.table).where(about).returning(found.table.c.id)).scalars())
        if ids:
            erased[f"records.{found.collection.name}"] = len(ids)
        gone += ids
    return gone


def _erase_inbox(db: Connection, person: Person, erased: dict[str, int]) -> None:
    scope = person.scope
    for row in person_rows.sent_to(db, person):
        if row["external_id"] is not None:
            this = [receipts.c[name] == row[name] for name in ("channel", "bot_id", "external_id")]
            _delete(db, scope, erased, receipts, and_(*this))
    for row in person.conversations:
        this = [windows.c[name] == row[name] for name in ("channel", "bot_id", "chat_id")]
        _delete(db, scope, erased, windows, and_(*this))
        _delete(db, scope, erased, chats, chats.c.chat_id == row["chat_id"])
        chat_files = delete_files_of(db, scope, Chat(row["bot_id"], row["channel"], row["chat_id"]))
        if chat_files:
            erased["chat_files"] = erased.get("chat_files", 0) + chat_files
    for ids in batched(person.run_ids):
        _delete(db, scope, erased, approvals, approvals.c.run_id.in_(ids))
    for ids in batched(person.conversation_ids):
        for table in (approvals, messages, outbox, inbound, conversation_changes, conversations):
            _delete(db, scope, erased, table, table.c.conversation_id.in_(ids))
    for ids in batched(person.contact_ids):
        _delete(db, scope, erased, receivers, receivers.c.contact_id.in_(ids))
        _delete(db, scope, erased, consents, consents.c.contact_id.in_(ids))
        _delete(db, scope, erased, merges, merges.c.into_id.in_(ids) | merges.c.from_id.in_(ids))
        _delete(db, scope, erased, contacts, contacts.c.contact_id.in_(ids))


def _delete(db: Connection, scope: Scope, erased: dict[str, int], table: Table, about: ColumnElement[bool]) -> None:
    rows = db.execute(delete(table).where(within(table, scope), about)).rowcount
    if rows:
        erased[table.name] = erased.get(table.name, 0) + rows


def _receipt(
    db: Connection, person: Person, erased: dict[str, int], actor_id: str | None, now: datetime
) -> dict[str, Any]:
    receipt: JsonObject = {
        "receipt_id": str(uuid.uuid4()),
        "contact_id": person.person_id,
        "erased": dict(sorted(erased.items())),
        "actor_id": actor_id,
        "erased_at": now.isoformat(),
    }
    digest = hash_receipt(receipt)
    row = receipt | {"erased_at": now, "receipt_hash": digest}
    db.execute(insert(erasures), owned(person.scope) | row)
    told: JsonObject = {"receipt_id": receipt["receipt_id"], "receipt_hash": digest}
    action, subject = "contact.erased", person.person_id
    audit.note(db, person.scope, actor_id=actor_id, action=action, subject=subject, data=told, now=now)
    tell(db, person.scope, "contact", person.person_id, {"erased": True}, now=now)
    return {**receipt, "receipt_hash": digest}
