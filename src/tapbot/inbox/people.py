"""People as the API and commands show them: all their contacts together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping

from tapbot.inbox import contacts, merging
from tapbot.storage.types import Scope


def show_card(row: RowMapping) -> dict[str, Any]:
    """What a list shows of a person."""
    kept = {name: row[name] for name in ("phone", "language", "created_at")}
    verified = row["phone_verified_at"] is not None
    own = {"id": row["contact_id"], "name": row["first_name"], "tags": row["tags"] or [], "phone_verified": verified}
    return own | kept


def show_person(db: Connection, scope: Scope, contact_id: str) -> dict[str, Any]:
    """A person with everything known of them besides what was said.

    Raises:
        NotFound: There is no such contact.
    """
    rows = contacts.contacts_of(db, scope, contacts.person_of(db, scope, contact_id))
    row, ids = rows[0], [one["contact_id"] for one in rows]
    said = contacts.list_consents(db, scope, ids)
    same = contacts.list_contacts(db, scope, phone=row["phone"], limit=20) if row["phone"] else []
    return show_card(row) | {
        "phone_verified_at": row["phone_verified_at"],
        "phone_verified_by": row["phone_verified_by"],
        "fields": row["fields"] or {},
        "accounts": [_account(one) for one in rows],
        "consents": [_consent(one) for one in contacts.standing(said).values()],
        "consent_history": [_consent(one) for one in said],
        "merges": [_merge(one) for one in merging.list_merges(db, scope, ids)],
        "same_phone": [one["contact_id"] for one in same if one["contact_id"] != row["contact_id"]],
    }


def _account(row: RowMapping) -> dict[str, Any]:
    return {"id": row["contact_id"], **{name: row[name] for name in ("channel", "external_id", "created_at")}}


def _consent(row: RowMapping) -> dict[str, Any]:
    return {"granted": bool(row["granted"]), **{name: row[name] for name in ("purpose", "source", "at")}}


def _merge(row: RowMapping) -> dict[str, Any]:
    own = {"id": row["merge_id"], "into": row["into_id"], "other": row["from_id"]}
    return own | {name: row[name] for name in ("merged_at", "undone_at")}
