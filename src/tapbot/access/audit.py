"""The audit log: every privileged act, appended to a chain of hashes that shows any later change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from tapbot.access.tables import audit_log
from tapbot.storage.columns import owned, within
from tapbot.storage.sql import lock_until_commit
from tapbot.storage.types import JsonObject, Scope

FIRST = "0" * 64
"""What the first entry follows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found.

    Keep `entries` and `last_hash` elsewhere: entries that were cut off the end show only by comparing them.
    """

    entries: int
    last_hash: str
    broken_entry_id: int | None
    """The first entry that was changed, or whose predecessor is gone."""


def note(
    db: Connection,
    scope: Scope,
    *,
    actor_id: str | None,
    action: str,
    subject: str,
    data: JsonObject | None = None,
    now: datetime,
) -> str:
    """Append an entry, in the transaction of what it tells of, and return its hash.

    Args:
        actor_id: The principal who did it; `None` for tapbot itself or a stranger.
        action: Stable name such as `"login.password"`.
        subject: What it was done to.
        data: Details; no secrets, no personal data.
    """
    lock_until_commit(db, "audit", scope.project_id, scope.environment)
    newest = select(audit_log.c.entry_hash).where(within(audit_log, scope)).order_by(audit_log.c.entry_id.desc())
    entry: dict[str, Any] = {
        **owned(scope),
        "at": now.astimezone(UTC),
        "actor_id": actor_id,
        "action": action,
        "subject": subject,
        "data": data or {},
        "previous_hash": db.execute(newest.limit(1)).scalar_one_or_none() or FIRST,
    }
    entry_hash = hash_entry(entry)
    db.execute(insert(audit_log).values(**entry, entry_hash=entry_hash))
    return entry_hash


def verify(db: Connection, scope: Scope) -> Verdict:
    """Walk the whole chain of a scope."""
    query = select(audit_log).where(within(audit_log, scope)).order_by(audit_log.c.entry_id)
    previous, entries = FIRST, 0
    for row in db.execute(query).mappings():
        fields = {str(name): value for name, value in row.items()}
        if row["previous_hash"] != previous or row["entry_hash"] != hash_entry(fields):
            return Verdict(entries, previous, row["entry_id"])
        previous, entries = row["entry_hash"], entries + 1
    return Verdict(entries, previous, None)


def hash_entry(entry: Mapping[str, Any]) -> str:
    """Hash of all that an entry says and of the entry before it."""
    said = [
        entry["project_id"],
        entry["environment"],
        entry["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        entry["actor_id"],
        entry["action"],
        entry["subject"],
        entry["data"],
        entry["previous_hash"],
    ]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()
