"""What commands ask about contacts."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tapbot.access import audit
from tapbot.bots import erasing, person_data
from tapbot.errors import InvalidInput
from tapbot.inbox import contacts, merging
from tapbot.inbox.people import show_card, show_person
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope

MOST_LISTED = 1000
LONGEST_SOURCE = 100
LONGEST_NAME = 200
PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
LANGUAGES = ("kk", "kz", "ru", "en")


@dataclass(frozen=True, slots=True)
class ContactDesk:
    """Where a command about contacts looks."""

    database: OpenDatabase
    scope: Scope
    now: datetime

    async def list(self, args: Mapping[str, Any]) -> Any:
        """People. Arguments: `search`, `tag`, `limit`."""
        limit = min(int(args.get("limit") or 50), MOST_LISTED)
        search, tag = args.get("search"), args.get("tag")
        rows = await self.database.scoped(self.scope).read(
            lambda db: contacts.list_contacts(db, self.scope, search=search, tag=tag, limit=limit)
        )
        return [show_card(row) for row in rows]

    async def show(self, args: Mapping[str, Any]) -> Any:
        """One person. Argument: `contact`."""
        return await self.database.scoped(self.scope).read(lambda db: show_person(db, self.scope, _contact(args)))

    async def change(self, args: Mapping[str, Any]) -> Any:
        """Change what is known. Arguments: `contact`, and any of `name`, `phone`, `language`, `fields`, `tags`."""
        changes = _changes(args)
        extra = {"fields": args.get("fields"), "tags": args.get("tags")}

        def change(db: Connection) -> Any:
            person_id = contacts.change_contact(db, self.scope, _contact(args), changes, **extra, now=self.now)
            return show_person(db, self.scope, person_id)

        return await self.database.scoped(self.scope).write("contact.change_by_command", change)

    async def phone(self, args: Mapping[str, Any]) -> Any:
        """Note that a phone is really the person's. Arguments: `contact`, `phone`, `source`."""
        phone, source = _phone(args), _source(args, "contact.bad_phone")

        def change(db: Connection) -> Any:
            person_id = contacts.verify_phone(db, self.scope, _contact(args), phone, source=source, now=self.now)
            return show_person(db, self.scope, person_id)

        return await self.database.scoped(self.scope).write("contact.phone_by_command", change)

    async def consent(self, args: Mapping[str, Any]) -> Any:
        """Note a consent. Arguments: `contact`, `purpose`, `granted`, `source`."""
        source = _source(args, "contact.bad_consent")

        def change(db: Connection) -> None:
            purpose, granted = str(args.get("purpose") or ""), bool(args.get("granted"))
            contact_id, now = _contact(args), self.now
            contacts.note_consent(db, self.scope, contact_id, purpose, granted=granted, source=source, at=now, now=now)

        await self.database.scoped(self.scope).write("contact.consent_by_command", change)
        return {}

    async def merge(self, args: Mapping[str, Any]) -> Any:
        """Make two people one. Arguments: `contact`, `other`."""
        first, second = _contact(args), str(args.get("other") or "")
        merge_id = await self.database.scoped(self.scope).write(
            "contact.merge_by_command",
            lambda db: merging.merge_contacts(db, self.scope, first, second, actor_id=None, now=self.now),
        )
        return {"merge_id": merge_id}

    async def unmerge(self, args: Mapping[str, Any]) -> Any:
        """Take two people apart. Argument: `merge`."""
        merge_id = str(args.get("merge") or "")
        contact_id = await self.database.scoped(self.scope).write(
            "contact.apart_by_command", lambda db: merging.undo_merge(db, self.scope, merge_id, now=self.now)
        )
        return {"contact_id": contact_id}

    async def export(self, args: Mapping[str, Any]) -> Any:
        """Everything about a person. Argument: `contact`."""

        def gather(db: Connection) -> dict[str, Any]:
            document = person_data.export(db, self.scope, _contact(args), now=self.now)
            action, subject = "contact.exported", document["contact_id"]
            audit.note(db, self.scope, actor_id=None, action=action, subject=subject, now=self.now)
            return document

        document = await self.database.scoped(self.scope).write("contact.export_by_command", gather)
        packed = await asyncio.to_thread(person_data.as_zip, document)
        return {"zip": base64.b64encode(packed).decode()}

    async def erasure(self, args: Mapping[str, Any]) -> Any:
        """What an erasure would take. Argument: `contact`."""
        return await self.database.scoped(self.scope).read(lambda db: erasing.preview(db, self.scope, _contact(args)))

    async def erase(self, args: Mapping[str, Any]) -> Any:
        """Erase a person. Arguments: `contact`, `confirm`."""
        confirm = str(args.get("confirm") or "")
        return await erasing.erase_person(
            self.database, self.scope, _contact(args), confirm=confirm, actor_id=None, now=self.now
        )


ANSWERS: Mapping[str, Callable[[ContactDesk, Mapping[str, Any]], Awaitable[Any]]] = {
    "contacts.list": ContactDesk.list,
    "contacts.show": ContactDesk.show,
    "contacts.change": ContactDesk.change,
    "contacts.phone": ContactDesk.phone,
    "contacts.consent": ContactDesk.consent,
    "contacts.merge": ContactDesk.merge,
    "contacts.unmerge": ContactDesk.unmerge,
    "contacts.export": ContactDesk.export,
    "contacts.erasure": ContactDesk.erasure,
    "contacts.erase": ContactDesk.erase,
}
"""Every command about contacts, by name."""


def _contact(args: Mapping[str, Any]) -> str:
    return str(args.get("contact") or "")


def _source(args: Mapping[str, Any], code: str) -> str:
    """How something is known.

    Raises:
        InvalidInput: It is not said, or too long.
    """
    source = str(args.get("source") or "").strip()
    if not 0 < len(source) <= LONGEST_SOURCE:
        raise InvalidInput("say how that is known.", code=code, place="source")
    return source


def _phone(args: Mapping[str, Any]) -> str:
    """A phone in the form that is kept; commands read what people write.

    Raises:
        InvalidInput: It is in another form.
    """
    phone = str(args.get("phone") or "")
    if not PHONE.fullmatch(phone):
        raise InvalidInput(
            "this is no phone.", code="contact.bad_phone", place="phone", hint="Write it as +77012345678."
        )
    return phone


def _changes(args: Mapping[str, Any]) -> dict[str, Any]:
    """Name, phone and language, those that are given; an empty one takes the value away.

    Raises:
        InvalidInput: One is not as it must be.
    """
    changes: dict[str, Any] = {}
    if (name := args.get("name")) is not None:
        changes["first_name"] = str(name).strip()[:LONGEST_NAME] or None
    if (phone := args.get("phone")) is not None:
        changes["phone"] = _phone(args) if phone else None
    if (language := args.get("language")) is not None:
        if language and language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise InvalidInput(f"a language is one of {known}.", code="contact.bad_language", place="language")
        changes["language"] = language or None
    return changes
