"""Where a person is in the database: their contacts, conversations, runs, approvals, and records of collections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, or_, select

from tapbot.data import store as data
from tapbot.data.fields import find_field_type
from tapbot.data.records import Records, open_records
from tapbot.errors import InvalidInput
from tapbot.inbox.contacts import contacts_of, conversations_of, lock_person, person_of
from tapbot.inbox.tables import approvals, messages, outbox, receivers
from tapbot.storage.columns import within
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal.retention import batched

SHORTEST_IDENTIFIER = 6
"""A shorter text may stand in a record by chance."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person and the ids by which rows are theirs."""

    scope: Scope
    person_id: str
    contacts: list[RowMapping]
    conversations: list[RowMapping]
    run_ids: list[str]

    @property
    def contact_ids(self) -> list[str]:
        """Ids of the contacts."""
        return [row["contact_id"] for row in self.contacts]

    @property
    def conversation_ids(self) -> list[str]:
        """Ids of the conversations."""
        return [row["conversation_id"] for row in self.conversations]

    @property
    def identifiers(self) -> list[str]:
        """What stands in a record that is about this person: ids, phones, and names of accounts."""
        said = {row["phone"] for row in self.contacts} | {row["external_id"] for row in self.contacts}
        said |= {row["chat_id"] for row in self.conversations}
        long = {text for text in said if text and len(text) >= SHORTEST_IDENTIFIER}
        return sorted({*self.contact_ids, *self.conversation_ids, *long})


def find_person(db: Connection, scope: Scope, contact_id: str, *, locked: bool = True) -> Person:
    """Find a person.

    Args:
        locked: Nobody else changes the contact until the transaction ends.

    Raises:
        NotFound: There is no such contact.
    """
    person_id = lock_person(db, scope, contact_id)["contact_id"] if locked else person_of(db, scope, contact_id)
    found = contacts_of(db, scope, person_id)
    chats = conversations_of(db, scope, [row["contact_id"] for row in found])
    run_ids = journal.find_runs_of(db, scope, [row["conversation_id"] for row in chats])
    return Person(scope, person_id, found, chats, run_ids)


def by_ids(db: Connection, table: Table, column: str, scope: Scope, ids: Sequence[str]) -> list[RowMapping]:
    """The rows of a table that belong to some ids."""
    found: list[RowMapping] = []
    for some in batched(ids):
        found += db.execute(select(table).where(within(table, scope), table.c[column].in_(some))).mappings()
    return found


def messages_of(db: Connection, person: Person, conversation_id: str) -> list[RowMapping]:
    """Everything that was said in a conversation, oldest first."""
    this = within(messages, person.scope) & (messages.c.conversation_id == conversation_id)
    return list(db.execute(select(messages).where(this).order_by(messages.c.position)).mappings())


def approvals_of(db: Connection, person: Person) -> list[RowMapping]:
    """What was asked about a person."""
    about = {row["approval_id"]: row for row in by_ids(db, approvals, "run_id", person.scope, person.run_ids)}
    more = by_ids(db, approvals, "conversation_id", person.scope, person.conversation_ids)
    return list((about | {row["approval_id"]: row for row in more}).values())


def sent_to(db: Connection, person: Person) -> list[RowMapping]:
    """What the outbox holds for a person."""
    return by_ids(db, outbox, "conversation_id", person.scope, person.conversation_ids)


def broadcasts_of(db: Connection, person: Person) -> list[RowMapping]:
    """Which broadcasts came to a person, and which left them out."""
    return by_ids(db, receivers, "contact_id", person.scope, person.contact_ids)


def records_of(db: Connection, person: Person) -> Iterator[tuple[Records, ColumnElement[bool]]]:
    """Collections, each with the condition for records that name a person in one of their fields of text."""
    for collection, _count in data.list_collections(db, person.scope):
        records = open_records(db, person.scope, collection.name)
        columns: list[Any] = [
            records.table.c[field.name] for field in collection.fields if find_field_type(field.type).text
        ]
        if columns:
            yield records, or_(*(column.in_(person.identifiers) for column in columns))


def check_confirmed(person: Person, confirm: str) -> None:
    """Refuse an erasure that does not name the person once more.

    Raises:
        InvalidInput: It names somebody else.
    """
    if confirm != person.person_id:
        raise InvalidInput(
            "what cannot be undone names the contact twice.",
            code="contact.not_confirmed",
            place="confirm",
            hint="Give the id of the contact, as its page or `tapbot contacts show` prints it.",
        )
