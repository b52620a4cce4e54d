"""Contacts over both databases: one person over channels, what they agreed to, their data out, and their erasure."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Text, cast, select
from tests.contract.journal.world import HOUR, NOW, OTHER, SCOPE, new_run

from tapbot.bots import erasing, person_data
from tapbot.data import store as data
from tapbot.data.definition import parse_definition
from tapbot.data.schema import apply_collections
from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.inbox import contacts, merging, store, views
from tapbot.inbox.outbox import queue_reply
from tapbot.inbox.types import Arrival
from tapbot.loader import load
from tapbot.storage.columns import metadata
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import StaleAttempt

PHONE = "+77010001122"
RIDES = "name: rides\nfields:\n  - {name: phone, type: string}\n  - {name: contact_id, type: string}\n"


async def write(database: OpenDatabase, change: Any) -> Any:
    return await database.scoped(SCOPE).write("test.write", change)


async def arrive(database: OpenDatabase, channel: str, sender: str, *, scope: Scope = SCOPE) -> tuple[str, str]:
    """Somebody writes; gives the contact's id and the conversation's."""
    said = Arrival("taxi", channel, sender, f"m-{sender}", "from Secretville", None, sender, "Aigul", "ru")
    kept = await database.scoped(scope).write("test.say", lambda db: store.accept(db, scope, said, now=NOW))
    shown = await database.scoped(scope).read(lambda db: views.get_conversation(db, scope, kept.conversation_id))
    assert shown is not None
    return shown["contact_id"], kept.conversation_id


async def two(database: OpenDatabase) -> tuple[str, str]:
    return (await arrive(database, "telegram", "7001"))[0], (await arrive(database, "whatsapp", PHONE[1:]))[0]


def change(contact_id: str, **changes: Any) -> Any:
    extra = {name: changes.pop(name) for name in ("fields", "tags") if name in changes}
    return lambda db: contacts.change_contact(db, SCOPE, contact_id, changes, **extra, now=NOW)


def merge(into: str, other: str) -> Any:
    return lambda db: merging.merge_contacts(db, SCOPE, into, other, actor_id=None, now=NOW)


async def person(database: OpenDatabase, contact_id: str) -> Any:
    def read(db: Connection) -> Any:
        return contacts.contacts_of(db, SCOPE, contacts.person_of(db, SCOPE, contact_id))

    return await database.scoped(SCOPE).read(read)


async def test_one_person_over_two_channels_is_known_by_both_and_taken_apart_again(database: OpenDatabase) -> None:
    telegram, whatsapp = await two(database)
    await write(database, change(whatsapp, phone=PHONE, fields={"city": "Almaty"}, tags=["VIP"]))
    merge_id = await write(database, merge(telegram, whatsapp))
    rows = await person(database, whatsapp)
    assert [row["contact_id"] for row in rows] == [telegram, whatsapp]
    assert (rows[0]["phone"], rows[0]["fields"], rows[0]["tags"]) == (PHONE, {"city": "Almaty"}, ["vip"])
    seen_by_bot = await database.read(lambda db: store.get_contact(db, whatsapp))
    assert (seen_by_bot["id"], seen_by_bot["phone"]) == (telegram, PHONE)
    listed = await database.scoped(SCOPE).read(lambda db: contacts.list_contacts(db, SCOPE))
    assert [row["contact_id"] for row in listed] == [telegram]
    await write(database, lambda db: merging.undo_merge(db, SCOPE, merge_id, now=NOW))
    [alone] = await person(database, telegram)
    assert (alone["phone"], alone["fields"], alone["tags"]) == (None, None, None)
    [other] = await person(database, whatsapp)
    assert (other["phone"], other["person_id"]) == (PHONE, None)
    with pytest.raises(Conflict, match="undone before"):
        await write(database, lambda db: merging.undo_merge(db, SCOPE, merge_id, now=NOW))


async def test_undoing_a_merge_leaves_what_somebody_changed_since(database: OpenDatabase) -> None:
    telegram, whatsapp = await two(database)
    await write(database, change(whatsapp, phone=PHONE, tags=["vip"]))
    merge_id = await write(database, merge(telegram, whatsapp))
    await write(database, change(telegram, phone="+77019998877"))
    await write(database, lambda db: merging.undo_merge(db, SCOPE, merge_id, now=NOW))
    [alone] = await person(database, telegram)
    assert (alone["phone"], alone["tags"]) == ("+77019998877", None)


async def test_a_chain_of_merges_is_undone_from_its_end(database: OpenDatabase) -> None:
    first, second = await two(database)
    third = (await arrive(database, "webchat", "chat-3"))[0]
    lower = await write(database, merge(second, third))
    upper = await write(database, merge(first, second))
    assert {row["contact_id"] for row in await person(database, third)} == {first, second, third}
    with pytest.raises(Conflict, match="merged into another"):
        await write(database, lambda db: merging.undo_merge(db, SCOPE, lower, now=NOW))
    with pytest.raises(InvalidInput, match="one person already"):
        await write(database, merge(first, third))
    await write(database, lambda db: merging.undo_merge(db, SCOPE, upper, now=NOW))
    assert [row["contact_id"] for row in await person(database, third)] == [second, third]
    await write(database, lambda db: merging.undo_merge(db, SCOPE, lower, now=NOW))
    assert len(await person(database, third)) == 1


async def test_a_phone_is_verified_by_whatsapp_or_a_person_and_loses_that_when_it_changes(
    database: OpenDatabase,
) -> None:
    telegram, whatsapp = await two(database)
    await write(database, change(telegram, phone=PHONE))
    assert (await person(database, telegram))[0]["phone_verified_at"] is None
    await write(database, change(whatsapp, phone=PHONE))
    assert (await person(database, whatsapp))[0]["phone_verified_by"] == "whatsapp"
    await write(database, lambda db: contacts.verify_phone(db, SCOPE, telegram, PHONE, source="called back", now=NOW))
    learned = {"phone": PHONE}
    await write(database, lambda db: contacts.learn(db, SCOPE, telegram, learned, now=NOW + HOUR))
    assert (await person(database, telegram))[0]["phone_verified_by"] == "called back"
    learned["phone"] = "+77019998877"
    await write(database, lambda db: contacts.learn(db, SCOPE, telegram, learned, now=NOW + HOUR))
    [row] = await person(database, telegram)
    assert (row["phone"], row["phone_verified_at"]) == ("+77019998877", None)


async def test_the_last_word_about_a_purpose_counts_also_after_a_merge(database: OpenDatabase) -> None:
    telegram, whatsapp = await two(database)

    def say(contact_id: str, granted: bool, hours: int) -> Any:
        at = NOW - timedelta(hours=hours)
        return lambda db: contacts.note_consent(
            db, SCOPE, contact_id, "marketing", granted=granted, source="chat", at=at, now=NOW
        )

    await write(database, say(whatsapp, False, 1))
    await write(database, say(telegram, True, 3))
    await write(database, merge(telegram, whatsapp))
    said = await database.scoped(SCOPE).read(lambda db: contacts.list_consents(db, SCOPE, [telegram, whatsapp]))
    assert [bool(one["granted"]) for one in said] == [False, True]
    assert not contacts.standing(said)["marketing"]["granted"]
    with pytest.raises(InvalidInput, match="future"):
        await write(database, say(telegram, True, -1))


@pytest.mark.parametrize(
    "fields", [{"Bad": 1}, {"x": [1]}, {"x": "a\0"}, {"x": "a" * 1001}, {"x": float("nan")}, {"x": 2**60}]
)
async def test_a_field_that_no_query_could_compare_is_refused(database: OpenDatabase, fields: Any) -> None:
    contact_id, _chat = await arrive(database, "telegram", "7001")
    with pytest.raises(InvalidInput):
        await write(database, change(contact_id, fields=fields))


async def test_another_project_sees_and_changes_nobody(database: OpenDatabase) -> None:
    contact_id, _chat = await arrive(database, "telegram", "7001")
    other = database.scoped(OTHER)
    assert await other.read(lambda db: contacts.list_contacts(db, OTHER)) == []
    for attempt in (
        lambda db: contacts.change_contact(db, OTHER, contact_id, {"first_name": "x"}, now=NOW),
        lambda db: person_data.export(db, OTHER, contact_id, now=NOW),
    ):
        with pytest.raises(NotFound):
            await other.write("test.other", attempt)
    with pytest.raises(NotFound):
        await erasing.erase_person(database, OTHER, contact_id, confirm=contact_id, actor_id=None, now=NOW)


async def fill(database: OpenDatabase, contact_id: str, conversation_id: str) -> journal.NewRun:
    """Everything that may be kept about somebody: a reply, a run with a child, a consent, records."""
    collection = parse_definition(RIDES, path="collections/rides.yaml", time_zone="UTC")
    parent = new_run(conversation_id=conversation_id, input={"said": "from Secretville"})
    child = new_run(parent_run_id=parent.run_id, input={"said": "from Secretville"})

    def begin(db: Connection) -> None:
        apply_collections(db, SCOPE, [collection], files={}, now=NOW)
        for values in ({"contact_id": contact_id}, {"phone": "7001-Secretville"}, {"phone": "+77770000000"}):
            data.insert(db, SCOPE, "rides", values, now=NOW)
        for run in (parent, child):
            journal.begin_run(db, run, holder="one")

    await database.write("test.fill", begin)

    def say(db: Connection) -> None:
        contacts.change_contact(db, SCOPE, contact_id, {"phone": "7001-Secretville"}, now=NOW)
        contacts.note_consent(db, SCOPE, contact_id, "ads", granted=True, source="chat", at=NOW, now=NOW)
        text, key = "to Secretville", {"send_key": "k", "run_id": parent.run_id}
        queue_reply(db, SCOPE, conversation_id=conversation_id, text=text, buttons=[], **key, now=NOW)

    await write(database, say)
    return parent


def find_text(db: Connection, wanted: str) -> list[str]:
    """Tables in which a text stands anywhere."""
    for name in ("inbox", "workflow", "events", "access", "data"):
        load(f"tapbot.{name}.tables")
    found = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            if type(column.type).__name__ in {"String", "Text", "Json"}:
                query = select(column).where(cast(column, Text).contains(wanted)).limit(1)
                if db.execute(query).first() is not None:
                    found.append(f"{table.name}.{column.name}")
    return found


async def test_an_export_has_every_word_and_is_a_readable_zip(database: OpenDatabase) -> None:
    contact_id, conversation_id = await arrive(database, "telegram", "7001")
    await fill(database, contact_id, conversation_id)
    document = await write(database, lambda db: person_data.export(db, SCOPE, contact_id, now=NOW))
    with zipfile.ZipFile(io.BytesIO(person_data.as_zip(document))) as packed:
        assert packed.testzip() is None
        names = set(packed.namelist())
        said = json.loads(packed.read(f"conversations/{conversation_id}.json"))["messages"]
        records = json.loads(packed.read("records/rides.json"))
        runs = json.loads(packed.read("runs.json"))
    assert {"contact.json", "runs.json"} < names
    assert [one["text"] for one in said] == ["from Secretville", "to Secretville"]
    assert (len(records), len(runs)) == (2, 2)
    assert "project_id" not in str(document)


async def test_an_erasure_leaves_no_word_and_a_receipt_and_spares_everybody_else(database: OpenDatabase) -> None:
    contact_id, conversation_id = await arrive(database, "telegram", "7001")
    neighbour, other_chat = await arrive(database, "telegram", "7002")
    stranger = (await arrive(database, "telegram", "7001", scope=OTHER))[0]
    run = await fill(database, contact_id, conversation_id)
    seen = await database.scoped(SCOPE).read(lambda db: erasing.preview(db, SCOPE, contact_id))
    assert (seen["messages"], seen["runs"], seen["records"]) == (2, 2, {"rides": 2})
    receipt = await erasing.erase_person(database, SCOPE, contact_id, confirm=contact_id, actor_id="p-1", now=NOW)
    assert receipt["erased"]["records.rides"] == 2
    assert receipt["receipt_hash"] == erasing.hash_receipt(receipt)
    left = await database.read(lambda db: find_text(db, conversation_id))
    assert left == []
    assert await database.read(lambda db: find_text(db, "to Secretville")) == []
    assert set(await database.read(lambda db: find_text(db, contact_id))) == {
        "contact_erasures.contact_id",
        "events.subject",
        "audit_log.subject",
    }
    [kept] = await database.scoped(SCOPE).read(lambda db: data.find(db, SCOPE, "rides"))
    assert kept["phone"] == "+77770000000"
    assert [row["contact_id"] for row in await person(database, neighbour)] == [neighbour]
    assert len(await database.scoped(SCOPE).read(lambda db: views.list_messages(db, SCOPE, other_chat))) == 1
    assert await database.scoped(OTHER).read(lambda db: contacts.person_of(db, OTHER, stranger)) == stranger
    with pytest.raises(StaleAttempt):  # whoever works on the run writes nothing any more
        await database.write("test.late", lambda db: journal.check_fence(db, journal.Fence(run.run_id, 1)))
    [row] = await database.scoped(SCOPE).read(lambda db: erasing.list_receipts(db, SCOPE))
    assert row["receipt_hash"] == receipt["receipt_hash"]
    with pytest.raises(NotFound):
        await erasing.erase_person(database, SCOPE, contact_id, confirm=contact_id, actor_id=None, now=NOW)


async def test_an_erasure_that_names_somebody_else_changes_nothing(database: OpenDatabase) -> None:
    contact_id, conversation_id = await arrive(database, "telegram", "7001")
    with pytest.raises(InvalidInput, match="twice"):
        await erasing.erase_person(database, SCOPE, contact_id, confirm="yes", actor_id=None, now=NOW)
    assert len(await database.scoped(SCOPE).read(lambda db: views.list_messages(db, SCOPE, conversation_id))) == 1


async def test_the_whole_person_is_erased_over_all_channels(database: OpenDatabase) -> None:
    telegram, whatsapp = await two(database)
    await write(database, merge(telegram, whatsapp))
    receipt = await erasing.erase_person(database, SCOPE, whatsapp, confirm=telegram, actor_id=None, now=NOW)
    assert (receipt["erased"]["contacts"], receipt["erased"]["conversations"]) == (2, 2)
    assert await database.scoped(SCOPE).read(lambda db: contacts.list_contacts(db, SCOPE)) == []
