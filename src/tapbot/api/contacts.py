"""Contacts: who writes to the company, over all channels, and what they agreed to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy import Connection, RowMapping

from tapbot.access.types import Permission
from tapbot.api.auth import Context, CurrentSession, allowed
from tapbot.api.context import ApiContext
from tapbot.api.models import Cursor, Limit, Model, ProjectName, decode_cursor, encode_cursor
from tapbot.bots.contact_phone import read_phone
from tapbot.inbox import contacts, merging
from tapbot.inbox.people import show_card, show_person
from tapbot.storage.types import Scope

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_CONVERSATIONS))])
writing: Any = {"dependencies": [Depends(allowed(Permission.WRITE_CONVERSATIONS))]}
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ContactId = Annotated[str, StringConstraints(min_length=1, max_length=36)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=contacts.LONGEST_TAG)]


class AccountModel(Model):
    """A contact of a person: one account in one channel."""

    id: str
    channel: str
    external_id: str
    """As the channel knows them."""
    created_at: datetime


class ConsentModel(Model):
    """What somebody said about one purpose."""

    purpose: str
    granted: bool
    source: str
    """Where it was said."""
    at: datetime


class MergeModel(Model):
    """Two contacts that were made one person."""

    id: str
    into: str
    other: str
    merged_at: datetime
    undone_at: datetime | None


class PersonCard(Model):
    """A person in a list."""

    id: str
    name: str | None
    phone: str | None
    phone_verified: bool
    language: str | None
    tags: list[str]
    created_at: datetime


class PersonDetail(PersonCard):
    """A person with everything known of them besides what was said."""

    phone_verified_at: datetime | None
    phone_verified_by: str | None
    """A channel, or how a person at the company knows."""
    fields: dict[str, Any]
    accounts: list[AccountModel]
    consents: list[ConsentModel]
    """The last word for each purpose."""
    consent_history: list[ConsentModel]
    merges: list[MergeModel]
    same_phone: list[str]
    """Other people with this phone: perhaps the same person."""


class ContactPage(Model):
    """People, the newest first."""

    items: list[PersonCard]
    next: str | None
    """Give it as `before` for the next page."""


class ContactChange(Model):
    """What is to change; what is not named stays."""

    name: Name | None = None
    phone: Line | None = None
    """As a person writes it; `null` takes it away. A new one is not verified."""
    language: Literal["kk", "kz", "ru", "en"] | None = None
    fields: dict[str, Any] | None = None
    """Values to add or replace; a `null` takes one away."""
    tags: list[Tag] | None = Field(default=None, max_length=contacts.MOST_TAGS)


class PhoneProof(Model):
    """A phone that is really the person's."""

    phone: Line
    source: Line
    """How that is known, such as `called back`."""


class ConsentRequest(Model):
    """What somebody said."""

    purpose: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")]
    granted: bool
    source: Line
    at: AwareDatetime | None = None
    """When it was said; now when left out."""


class MergeRequest(Model):
    """Make another contact part of this person."""

    other: ContactId


class HistoryItem(Model):
    """One conversation of a person."""

    conversation_id: str
    bot: str
    channel: str
    holder: str
    tags: list[str]
    last_text: str | None
    last_message_at: datetime
    created_at: datetime


class History(Model):
    """All conversations of a person, the one that changed last first."""

    items: list[HistoryItem]


@router.get("/contacts")
async def list_contacts(
    context: Context,
    project: ProjectName = None,
    search: Annotated[str | None, Query(max_length=100, description="Part of a name or a phone.")] = None,
    tag: Annotated[str | None, Query(max_length=contacts.LONGEST_TAG)] = None,
    before: Cursor = None,
    limit: Limit = 50,
) -> ContactPage:
    """List people, the newest first."""
    scope, cursor = context.release(project).scope, decode_cursor(before)
    rows = await context.database.scoped(scope).read(
        lambda db: contacts.list_contacts(db, scope, search=search, tag=tag, before=cursor, limit=limit)
    )
    last = rows[-1] if len(rows) == limit else None
    following = encode_cursor(last["created_at"], last["contact_id"]) if last else None
    return ContactPage(items=[PersonCard(**show_card(row)) for row in rows], next=following)


@router.get("/contacts/{contact_id}")
async def get_contact(contact_id: str, context: Context, project: ProjectName = None) -> PersonDetail:
    """Get a person by any of their contacts."""
    scope = context.release(project).scope
    return await context.database.scoped(scope).read(lambda db: _show(db, scope, contact_id))


@router.patch("/contacts/{contact_id}", **writing)
async def change_contact(
    contact_id: str, wanted: ContactChange, context: Context, project: ProjectName = None
) -> PersonDetail:
    """Change what is known of a person."""
    scope, now = context.release(project).scope, context.clock()
    given = wanted.model_dump(exclude_unset=True)
    changes = {own: given[name] for name, own in (("name", "first_name"), ("language", "language")) if name in given}
    if "phone" in given:
        changes["phone"] = read_phone(given["phone"]) if given["phone"] else None

    def change(db: Connection) -> PersonDetail:
        extra = {"fields": given.get("fields"), "tags": given.get("tags")}
        person_id = contacts.change_contact(db, scope, contact_id, changes, **extra, now=now)
        return _show(db, scope, person_id)

    return await context.database.scoped(scope).write("contact.change", change)


@router.post("/contacts/{contact_id}/phone", **writing)
async def verify_phone(
    contact_id: str, wanted: PhoneProof, context: Context, project: ProjectName = None
) -> PersonDetail:
    """Note that a phone is really the person's."""
    phone = read_phone(wanted.phone)

    def change(db: Connection, scope: Scope, now: datetime) -> str:
        return contacts.verify_phone(db, scope, contact_id, phone, source=wanted.source, now=now)

    scope, write = _writing(context, project, change)
    return await context.database.scoped(scope).write("contact.phone", write)


@router.post("/contacts/{contact_id}/consents", **writing)
async def note_consent(
    contact_id: str, wanted: ConsentRequest, context: Context, session: CurrentSession, project: ProjectName = None
) -> PersonDetail:
    """Note that somebody agreed to something, or withdrew it."""
    actor_id = session.principal.principal_id

    def change(db: Connection, scope: Scope, now: datetime) -> str:
        contacts.note_consent(
            db,
            scope,
            contact_id,
            wanted.purpose,
            granted=wanted.granted,
            source=wanted.source,
            at=wanted.at or now,
            now=now,
            actor_id=actor_id,
        )
        return contact_id

    scope, write = _writing(context, project, change)
    return await context.database.scoped(scope).write("contact.consent", write)


@router.post("/contacts/{contact_id}/merge", **writing)
async def merge_contact(
    contact_id: str, wanted: MergeRequest, context: Context, session: CurrentSession, project: ProjectName = None
) -> PersonDetail:
    """Make another contact part of this person."""
    actor_id = session.principal.principal_id

    def change(db: Connection, scope: Scope, now: datetime) -> str:
        merging.merge_contacts(db, scope, contact_id, wanted.other, actor_id=actor_id, now=now)
        return contact_id

    scope, write = _writing(context, project, change)
    return await context.database.scoped(scope).write("contact.merge", write)


@router.post("/contact-merges/{merge_id}/undo", **writing)
async def undo_merge(merge_id: str, context: Context, project: ProjectName = None) -> PersonDetail:
    """Take two people apart again."""

    def change(db: Connection, scope: Scope, now: datetime) -> str:
        return merging.undo_merge(db, scope, merge_id, now=now)

    scope, write = _writing(context, project, change)
    return await context.database.scoped(scope).write("contact.apart", write)


@router.get("/contacts/{contact_id}/history")
async def list_contact_history(contact_id: str, context: Context, project: ProjectName = None) -> History:
    """List all conversations of a person."""
    scope = context.release(project).scope

    def read(db: Connection) -> list[RowMapping]:
        person_id = contacts.person_of(db, scope, contact_id)
        ids = [row["contact_id"] for row in contacts.contacts_of(db, scope, person_id)]
        return contacts.conversations_of(db, scope, ids)

    rows = await context.database.scoped(scope).read(read)
    shown = ("conversation_id", "channel", "holder", "last_text", "last_message_at", "created_at")
    items = [{name: row[name] for name in shown} | {"bot": row["bot_id"], "tags": row["tags"] or []} for row in rows]
    return History(items=[HistoryItem(**item) for item in items])


def _writing(
    context: ApiContext, project: str | None, change: Callable[[Connection, Scope, datetime], str]
) -> tuple[Scope, Callable[[Connection], PersonDetail]]:
    scope, now = context.release(project).scope, context.clock()
    return scope, lambda db: _show(db, scope, change(db, scope, now))


def _show(db: Connection, scope: Scope, contact_id: str) -> PersonDetail:
    return PersonDetail(**show_person(db, scope, contact_id))
