"""Two contacts that are one person: merged, and taken apart again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.events.store import tell
from tapbot.inbox.contacts import MOST_FIELDS, MOST_TAGS, contacts_of, lock_person
from tapbot.inbox.tables import contacts, merges
from tapbot.storage.columns import owned, within
from tapbot.storage.types import Scope

FILLED = ("first_name", "language", "phone", "phone_verified_at", "phone_verified_by", "fields", "tags")


def merge_contacts(
    db: Connection, scope: Scope, into_id: str, other_id: str, *, actor_id: str | None, now: datetime
) -> str:
    """Make two people one; gives the merge's id. What the first one lacks is filled from the second.

    Raises:
        NotFound: One of them is not there.
        InvalidInput: They are one already.
    """
    first, second = sorted((into_id, other_id))  # two merges at once lock in one order
    locked = {row["contact_id"]: row for row in (lock_person(db, scope, first), lock_person(db, scope, second))}
    if len(locked) == 1:
        raise InvalidInput("these are one person already.", code="contact.same", place="other")
    into = lock_person(db, scope, into_id)
    other = next(row for person, row in locked.items() if person != into["contact_id"])
    moved = [row["contact_id"] for row in contacts_of(db, scope, other["contact_id"])]
    mine = within(contacts, scope)
    db.execute(update(contacts).where(mine, contacts.c.contact_id.in_(moved)).values(person_id=into["contact_id"]))
    after = _filled(into, other)
    if after:
        this = mine & (contacts.c.contact_id == into["contact_id"])
        db.execute(update(contacts).where(this).values(**after))
    merge_id = str(uuid.uuid4())
    kept = {
        "merge_id": merge_id,
        "into_id": into["contact_id"],
        "from_id": other["contact_id"],
        "moved": moved,
        "before": _plain({name: into[name] for name in after}),
        "after": _plain(after),
        "actor_id": actor_id,
        "merged_at": now,
    }
    db.execute(insert(merges), owned(scope) | kept)
    tell(db, scope, "contact", into["contact_id"], {"merged": other["contact_id"]}, now=now)
    return merge_id


def undo_merge(db: Connection, scope: Scope, merge_id: str, *, now: datetime) -> str:
    """Take two people apart again; gives the first one's id. What somebody changed since stays.

    Raises:
        NotFound: There is no such merge.
        Conflict: It was undone before, or a later merge stands upon it.
    """
    this = within(merges, scope) & (merges.c.merge_id == merge_id)
    found = db.execute(select(merges).where(this)).mappings().one_or_none()
    if found is None:
        raise NotFound("there is no such merge.", code="contact.merge_not_found", place=merge_id)
    row = lock_person(db, scope, found["into_id"])
    undone = db.execute(select(merges.c.undone_at).where(this)).scalar_one()  # again, behind the lock
    if undone is not None:
        raise Conflict("this merge was undone before.", code="contact.merge_undone", place=merge_id)
    if row["contact_id"] != found["into_id"]:
        raise Conflict(
            "this person was merged into another one since.",
            code="contact.merged_further",
            place=merge_id,
            hint="Undo the later merge first.",
        )
    mine = within(contacts, scope) & (contacts.c.person_id == found["into_id"])
    moved = mine & contacts.c.contact_id.in_(found["moved"])
    db.execute(update(contacts).where(moved).values(person_id=found["from_id"]))
    itself = within(contacts, scope) & (contacts.c.contact_id == found["from_id"])
    db.execute(update(contacts).where(itself).values(person_id=None))
    values = _restored(row, found)
    if values:
        into = within(contacts, scope) & (contacts.c.contact_id == found["into_id"])
        db.execute(update(contacts).where(into).values(**values))
    db.execute(update(merges).where(this).values(undone_at=now))
    tell(db, scope, "contact", found["into_id"], {"apart": found["from_id"]}, now=now)
    return str(found["into_id"])


def list_merges(db: Connection, scope: Scope, contact_ids: list[str]) -> list[RowMapping]:
    """The merges of a person, the newest first."""
    about = or_(merges.c.into_id.in_(contact_ids), merges.c.from_id.in_(contact_ids))
    query = select(merges).where(within(merges, scope), about)
    return list(db.execute(query.order_by(merges.c.merged_at.desc(), merges.c.merge_id)).mappings())


def _filled(into: RowMapping, other: RowMapping) -> dict[str, Any]:
    """What the first person gets from the second; a phone goes with its proof."""
    values: dict[str, Any] = {name: other[name] for name in ("first_name", "language") if not into[name]}
    phone = ("phone", "phone_verified_at", "phone_verified_by")
    same = into["phone"] == other["phone"] and into["phone_verified_at"] is None
    if not into["phone"] or same:
        values |= {name: other[name] for name in phone}
    known = dict(into["fields"] or {})
    extra = [item for item in (other["fields"] or {}).items() if item[0] not in known]
    values["fields"] = known | dict(extra[: MOST_FIELDS - len(known)])
    values["tags"] = sorted({*(into["tags"] or []), *(other["tags"] or [])})[:MOST_TAGS]
    return {name: value for name, value in values.items() if value and value != into[name]}


def _restored(row: RowMapping, merge: RowMapping) -> dict[str, Any]:
    """What goes back to what it was: only what nobody changed since."""
    now_there = _plain({name: row[name] for name in merge["after"]})
    values = {name: merge["before"][name] for name in merge["after"] if now_there[name] == merge["after"][name]}
    if values.get("phone_verified_at"):
        values["phone_verified_at"] = datetime.fromisoformat(values["phone_verified_at"])
    return values


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
