"""Everything that is kept about a person, as one document or as a ZIP of files."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select

from tapbot.bots import person_rows
from tapbot.bots.person_rows import Person
from tapbot.data.values import show_record
from tapbot.inbox.changes import list_changes
from tapbot.inbox.contacts import list_consents
from tapbot.inbox.merging import list_merges
from tapbot.storage.types import Scope
from tapbot.workflow.tables import run_blobs, runs, steps

MOST_CHANGES = 100_000
SECRETS = frozenset({"token", "event", "project_id", "environment", "claimed_by", "claimed_until_ms"})
"""What is about us and not about the person."""


def export(db: Connection, scope: Scope, contact_id: str, *, now: datetime) -> dict[str, Any]:
    """Gather what is kept about a person, whole.

    Raises:
        NotFound: There is no such contact.
    """
    person = person_rows.find_person(db, scope, contact_id)
    return {
        "contact_id": person.person_id,
        "exported_at": now.isoformat(),
        "contacts": [_plain(row) for row in person.contacts],
        "consents": [_plain(row) for row in list_consents(db, scope, person.contact_ids)],
        "merges": [_plain(row) for row in list_merges(db, scope, person.contact_ids)],
        "conversations": [_conversation(db, person, row) for row in person.conversations],
        "broadcasts": [_plain(row) for row in person_rows.broadcasts_of(db, person)],
        "deliveries": [_plain(row) for row in person_rows.sent_to(db, person)],
        "approvals": [_plain(row) for row in person_rows.approvals_of(db, person)],
        "runs": _runs(db, person),
        "records": _records(db, person),
    }


def as_zip(document: dict[str, Any]) -> bytes:
    """The same as files: `contact.json`, one file a conversation, one a collection, and the runs."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        rest = {name: value for name, value in document.items() if name not in {"conversations", "records", "runs"}}
        packed.writestr("contact.json", _encode(rest))
        packed.writestr("runs.json", _encode(document["runs"]))
        for conversation in document["conversations"]:
            packed.writestr(f"conversations/{conversation['conversation_id']}.json", _encode(conversation))
        for name, records in document["records"].items():
            packed.writestr(f"records/{name}.json", _encode(records))
    return written.getvalue()


def _conversation(db: Connection, person: Person, row: RowMapping) -> dict[str, Any]:
    conversation_id = row["conversation_id"]
    changes = list_changes(db, person.scope, conversation_id, limit=MOST_CHANGES)
    said = person_rows.messages_of(db, person, conversation_id)
    return {
        **_plain(row),
        "messages": [_plain(message) for message in said],
        "changes": [_plain(change) for change in changes],
    }


def _runs(db: Connection, person: Person) -> list[dict[str, Any]]:
    taken = _by_run(person_rows.by_ids(db, steps, "run_id", person.scope, person.run_ids))
    blobs = _by_run(person_rows.by_ids(db, run_blobs, "run_id", person.scope, person.run_ids))
    found = [_plain(row) for row in person_rows.by_ids(db, runs, "run_id", person.scope, person.run_ids)]
    return [run | {"steps": taken.get(run["run_id"], []), "large": blobs.get(run["run_id"], [])} for run in found]


def _by_run(rows: list[RowMapping]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["run_id"], []).append(_plain(row))
    return found


def _records(db: Connection, person: Person) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for records, about in person_rows.records_of(db, person):
        rows = db.execute(select(records.table).where(about)).mappings().all()
        if rows:
            found[records.collection.name] = [show_record(records.collection, row) for row in rows]
    return found


def _plain(row: Any) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in row.items() if name not in SECRETS}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def _encode(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)
