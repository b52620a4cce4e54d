"""Contacts: one person over channels, what is known of them, and what they agreed to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, case, func, insert, or_, select, type_coerce, update

from tapbot.errors import InvalidInput, NotFound
from tapbot.events.store import tell
from tapbot.inbox.tables import consents, contacts, conversations
from tapbot.storage.columns import encode_json, owned, within
from tapbot.storage.types import JsonObject, Scope

MOST_FIELDS = 50
MOST_TAGS = 20
LONGEST_TAG = 40
LONGEST_VALUE = 1000
LARGEST_NUMBER = 2**53
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PURPOSE = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
OWN = ("first_name", "phone", "language")
LANGUAGES = {"kz": "kk"}
"""Codes of older systems, and ours."""


def person_of(db: Connection, scope: Scope, contact_id: str) -> str:
    """Id of the contact that stands for the whole person.

    Raises:
        NotFound: There is no such contact.
    """
    head = func.coalesce(contacts.c.person_id, contacts.c.contact_id)
    query = select(head).where(within(contacts, scope), contacts.c.contact_id == contact_id)
    found = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("there is no such contact.", code="contact.not_found", place=contact_id)
    return str(found)


def lock_person(db: Connection, scope: Scope, contact_id: str) -> RowMapping:
    """The contact that stands for a person; nobody else changes it until the transaction ends.

    Raises:
        NotFound: There is no such contact.
    """
    while True:
        person_id = person_of(db, scope, contact_id)
        query = select(contacts).where(within(contacts, scope), contacts.c.contact_id == person_id)
        row = db.execute(query.with_for_update()).mappings().one_or_none()
        if row is not None and row["person_id"] is None:  # else it was merged, or erased, while we waited for it
            return row


def contacts_of(db: Connection, scope: Scope, person_id: str) -> list[RowMapping]:
    """All contacts of a person, one a channel and account, the person's own first."""
    mine = or_(contacts.c.contact_id == person_id, contacts.c.person_id == person_id)
    query = select(contacts).where(within(contacts, scope), mine)
    order = (contacts.c.person_id.is_not(None), contacts.c.created_at, contacts.c.contact_id)
    return list(db.execute(query.order_by(*order)).mappings())


def conversations_of(db: Connection, scope: Scope, contact_ids: Sequence[str]) -> list[RowMapping]:
    """All conversations of some contacts, the one that changed last first."""
    query = select(conversations).where(within(conversations, scope), conversations.c.contact_id.in_(contact_ids))
    return list(db.execute(query.order_by(conversations.c.last_message_at.desc())).mappings())


def list_contacts(
    db: Connection,
    scope: Scope,
    *,
    search: str | None = None,
    tag: str | None = None,
    phone: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[RowMapping]:
    """People, the newest first.

    Args:
        search: Part of the name or the phone.
        before: `created_at` and `contact_id` of the last one of the page before.
    """
    query = select(contacts).where(within(contacts, scope), contacts.c.person_id.is_(None))
    if search:
        names = {search, search.lower(), search.upper(), search.capitalize()}  # SQLite folds ASCII alone
        like = [contacts.c.first_name.contains(one, autoescape=True) for one in sorted(names)]
        query = query.where(or_(*like, contacts.c.phone.contains(search, autoescape=True)))
    if tag is not None:
        quoted = encode_json(tag.strip().lower())
        query = query.where(type_coerce(contacts.c.tags, Text).contains(quoted, autoescape=True))
    if phone is not None:
        query = query.where(contacts.c.phone == phone)
    if before is not None:
        at, contact_id = before
        same = (contacts.c.created_at == at) & (contacts.c.contact_id < contact_id)
        query = query.where((contacts.c.created_at < at) | same)
    order = (contacts.c.created_at.desc(), contacts.c.contact_id.desc())
    return list(db.execute(query.order_by(*order).limit(limit)).mappings())


def change_contact(
    db: Connection,
    scope: Scope,
    contact_id: str,
    changes: Mapping[str, Any],
    *,
    fields: Mapping[str, Any] | None = None,
    tags: Sequence[str] | None = None,
    now: datetime,
) -> str:
    """Change what is known of a person; gives the person's id.

    Args:
        changes: Any of `first_name`, `phone` (as +7…) and `language`; `None` takes a value away.
        fields: Values by name to add or replace; `None` takes one away. Others stay.
        tags: Replaces the tags.

    Raises:
        NotFound: There is no such contact.
        InvalidInput: A field or tag is not as it must be.
    """
    row = lock_person(db, scope, contact_id)
    person_id: str = row["contact_id"]
    values: dict[str, Any] = {name: changes[name] for name in OWN if name in changes}
    if "language" in values:
        values["language"] = LANGUAGES.get(values["language"], values["language"])
    if "phone" in values and values["phone"] != row["phone"]:
        values |= _proof(db, scope, person_id, values["phone"], now)
    if fields is not None:
        merged = dict(row["fields"] or {}) | {name: _checked(name, value) for name, value in fields.items()}
        values["fields"] = {name: value for name, value in merged.items() if value is not None}
        if len(values["fields"]) > MOST_FIELDS:
            raise InvalidInput(f"a contact has at most {MOST_FIELDS} fields.", code="contact.bad_field", place="fields")
    if tags is not None:
        values["tags"] = clean_tags(tags)
    if values:
        _write(db, scope, person_id, values)
        told: JsonObject = {"changed": [*sorted(values)]}
        tell(db, scope, "contact", person_id, told, now=now)
    return person_id


def learn(db: Connection, scope: Scope, contact_id: str, learned: Mapping[str, str], *, now: datetime) -> None:
    """Keep what a bot heard of a contact. A phone other than the known one is not verified."""
    values: dict[str, Any] = dict(learned)
    if "phone" in learned:
        proof = _proof(db, scope, contact_id, learned["phone"], now)
        same = contacts.c.phone == learned["phone"]
        values |= {name: case((same, contacts.c[name]), else_=value) for name, value in proof.items()}
    _write(db, scope, contact_id, values)


def verify_phone(db: Connection, scope: Scope, contact_id: str, phone: str, *, source: str, now: datetime) -> str:
    """Note that a phone is really the person's; gives the person's id.

    Args:
        source: How that is known, such as `called back`.
    """
    row = lock_person(db, scope, contact_id)
    person_id: str = row["contact_id"]
    _write(db, scope, person_id, {"phone": phone, "phone_verified_at": now, "phone_verified_by": source})
    tell(db, scope, "contact", person_id, {"changed": ["phone"]}, now=now)
    return person_id


def _proof(db: Connection, scope: Scope, person_id: str, phone: str | None, now: datetime) -> dict[str, Any]:
    """WhatsApp knows its people by their number: who gives that one need not prove it."""
    digits, own = (phone or "").removeprefix("+"), contacts_of(db, scope, person_id)
    known = any(one["channel"] == "whatsapp" and one["external_id"] == digits for one in own)
    return {"phone_verified_at": now if known else None, "phone_verified_by": "whatsapp" if known else None}


def _write(db: Connection, scope: Scope, person_id: str, values: Mapping[str, Any]) -> None:
    this = within(contacts, scope) & (contacts.c.contact_id == person_id)
    db.execute(update(contacts).where(this).values(**values))


def _checked(name: str, value: Any) -> Any:
    """A field as it is kept.

    Raises:
        InvalidInput: Its name or value is not as it must be.
    """
    if not FIELD_NAME.fullmatch(name):
        raise InvalidInput(
            "a field's name has small Latin letters, digits and _, at most 40, and begins with a letter.",
            code="contact.bad_field",
            place=f"fields.{name[:60]}",
        )
    fine = value is None or isinstance(value, bool)
    if isinstance(value, int | float) and not fine:
        fine = isfinite(value) and abs(value) <= LARGEST_NUMBER
    if isinstance(value, str):
        fine = len(value) <= LONGEST_VALUE and "\0" not in value
    if not fine:
        raise InvalidInput(
            f"a field holds a text of at most {LONGEST_VALUE} letters, a number, or true or false.",
            code="contact.bad_field",
            place=f"fields.{name}",
        )
    return value


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Tags as they are kept: small letters, sorted, each once.

    Raises:
        InvalidInput: They are too many, too long, or hold what no tag holds.
    """
    wanted = sorted({tag.strip().lower() for tag in tags if tag.strip()})
    if len(wanted) > MOST_TAGS or any(len(tag) > LONGEST_TAG or not tag.isprintable() for tag in wanted):
        raise InvalidInput(
            f"a contact has at most {MOST_TAGS} tags of at most {LONGEST_TAG} letters each.",
            code="contact.bad_tags",
            place="tags",
        )
    return wanted


# --- consent -------------------------------------------------------------------------------------------------------


def note_consent(
    db: Connection,
    scope: Scope,
    contact_id: str,
    purpose: str,
    *,
    granted: bool,
    source: str,
    at: datetime,
    now: datetime,
    actor_id: str | None = None,
) -> None:
    """Note that a person agreed to something, or withdrew it. What was noted before stays.

    Args:
        purpose: What for, such as `marketing`.
        source: Where it was said, such as `chat` or `paper form`.
        at: When it was said.

    Raises:
        NotFound: There is no such contact.
        InvalidInput: The purpose is no name, or the time is to come.
    """
    if not PURPOSE.fullmatch(purpose):
        raise InvalidInput(
            "a purpose is a short name such as `marketing`.", code="contact.bad_purpose", place="purpose"
        )
    if at > now:
        raise InvalidInput("nobody agrees in the future.", code="contact.bad_consent", place="at")
    person_id = lock_person(db, scope, contact_id)["contact_id"]
    said = {"purpose": purpose, "granted": int(granted), "source": source, "actor_id": actor_id, "at": at}
    db.execute(insert(consents), owned(scope) | {"contact_id": person_id} | said)
    told: JsonObject = {"consent": purpose, "granted": granted}
    tell(db, scope, "contact", person_id, told, now=now)


def list_consents(db: Connection, scope: Scope, contact_ids: Sequence[str]) -> list[RowMapping]:
    """Everything that contacts of one person said, the newest first."""
    query = select(consents).where(within(consents, scope), consents.c.contact_id.in_(contact_ids))
    return list(db.execute(query.order_by(consents.c.at.desc(), consents.c.consent_id.desc())).mappings())


def standing(said: Sequence[RowMapping]) -> dict[str, RowMapping]:
    """Of all that was said, newest first, what counts for each purpose: the last word."""
    last: dict[str, RowMapping] = {}
    for one in said:
        last.setdefault(one["purpose"], one)
    return last
