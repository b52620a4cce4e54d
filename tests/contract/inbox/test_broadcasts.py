"""Broadcasts over both databases: who gets one, in which words, and how it is stopped, taken up and given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.contract.inbox.test_contacts import write
from tests.contract.journal.world import HOUR, NOW, SCOPE

from tapbot.errors import Conflict, InvalidInput
from tapbot.inbox import broadcasts, contacts, holding, mailing, merging, outbox, store
from tapbot.inbox.amending import keep_blocking
from tapbot.inbox.casting import Rules
from tapbot.inbox.mailing import Pace
from tapbot.inbox.tables import outbox as outbox_table
from tapbot.inbox.types import Actor, Arrival, Chat, Handover
from tapbot.storage.database import OpenDatabase

SPACING = timedelta(seconds=1)
DAY = timedelta(hours=24)
RULES = Rules(("telegram", "whatsapp"), ("ru", "kk", "en"), {"whatsapp": DAY})
TEXTS = {"ru": "Здравствуйте, {{name}}", "en": "Hello, {{name}}"}


def at_once(_contact: Any) -> None:
    return None


PACE = Pace({"telegram": SPACING, "whatsapp": SPACING}, at_once)


async def come(database: OpenDatabase, sender: str, channel: str = "telegram", *, agreed: bool = True) -> str:
    """Somebody writes, and agrees; gives the contact."""

    def change(db: Connection) -> str:
        said = Arrival("taxi", channel, sender, f"m-{sender}", "hi", None, sender, f"P{sender}", None)
        kept = store.accept(db, SCOPE, said, now=NOW)
        store.mark_done(db, SCOPE, kept.inbound_id)
        [contact] = [row for row in contacts.list_contacts(db, SCOPE) if row["external_id"] == sender]
        contact_id = str(contact["contact_id"])
        if agreed:
            agree(db, contact_id)
        return contact_id

    found: str = await write(database, change)
    return found


def agree(db: Connection, contact_id: str, granted: bool = True, at: datetime = NOW) -> None:
    contacts.note_consent(db, SCOPE, contact_id, "ads", granted=granted, source="form", at=at, now=NOW + HOUR)


async def draft(database: OpenDatabase, **content: Any) -> str:
    given = {"name": "Spring", "bot_id": "taxi", "purpose": "ads", "content": {"texts": TEXTS, **content}}
    found: str = await write(database, lambda db: broadcasts.create(db, SCOPE, given, actor_id=None, now=NOW))
    return found


async def start(database: OpenDatabase, broadcast_id: str) -> None:
    await write(database, lambda db: broadcasts.start(db, SCOPE, broadcast_id, at=None, actor_id=None, now=NOW))


async def write_on(database: OpenDatabase, broadcast_id: str, pace: Pace = PACE, now: datetime = NOW) -> Any:
    return await write(database, lambda db: mailing.write_on(db, SCOPE, broadcast_id, RULES, pace, now=now))


async def queued(database: OpenDatabase, status: str = "queued") -> list[Any]:
    query = select(outbox_table).where(outbox_table.c.broadcast_id.is_not(None), outbox_table.c.status == status)
    return list(await database.read(lambda db: db.execute(query.order_by(outbox_table.c.due_at)).mappings().all()))


async def counts(database: OpenDatabase, broadcast_id: str) -> Any:
    return await database.read(lambda db: broadcasts.counts_of(db, SCOPE, broadcast_id))


async def test_everybody_who_agreed_gets_it_once_one_after_another(database: OpenDatabase) -> None:
    people = [await come(database, f"{number}") for number in range(30)]
    await come(database, "no", agreed=False)
    await come(database, "-100")
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    assert await write_on(database, broadcast_id) is not None
    assert len(await queued(database)) == mailing.MOST_WRITTEN
    await write_on(database, broadcast_id)
    assert await write_on(database, broadcast_id) is None
    rows = await queued(database)
    assert len(rows) == len(people)
    assert [row["due_at"] for row in rows] == [NOW + SPACING * (number + 1) for number in range(30)]
    assert (await counts(database, broadcast_id)) == {
        "messages": {"queued": 30},
        "left_out": {"no_consent": 1, "no_chat": 1},
    }


async def test_who_withdraws_after_getting_it_is_counted_once_and_nobody_else_is(database: OpenDatabase) -> None:
    before, after, stays = [await come(database, name) for name in ("before", "after", "stays")]
    await write(database, lambda db: agree(db, before, granted=False, at=NOW + timedelta(minutes=1)))
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id, now=NOW + timedelta(minutes=10))

    def leave(db: Connection) -> None:
        for minutes in (20, 30):
            agree(db, after, granted=False, at=NOW + timedelta(minutes=minutes))
        said: dict[str, Any] = {"source": "form", "at": NOW + timedelta(minutes=20), "now": NOW + HOUR}
        contacts.note_consent(db, SCOPE, stays, "news", granted=False, **said)

    await write(database, leave)
    assert await write(database, lambda db: broadcasts.count_unsubscribed(db, SCOPE, broadcast_id)) == 1


async def test_what_is_stopped_waits_and_goes_on_where_it_was(database: OpenDatabase) -> None:
    for number in range(3):
        await come(database, f"{number}")
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id)
    first = (await queued(database))[0]
    sent = outbox.next_in_chat
    message = await database.read(lambda db: sent(db, SCOPE, "taxi", "telegram", first["chat_id"]))
    assert message is not None
    await database.write("test.sent", lambda db: outbox.mark_sent(db, message, external_id="1", now=NOW))
    await write(database, lambda db: broadcasts.stop(db, SCOPE, broadcast_id, actor_id=None, now=NOW))
    assert (len(await queued(database)), len(await queued(database, "stopped"))) == (0, 2)
    assert await write_on(database, broadcast_id) is None
    with pytest.raises(Conflict):
        await write(database, lambda db: broadcasts.stop(db, SCOPE, broadcast_id, actor_id=None, now=NOW))
    await start(database, broadcast_id)
    later = NOW + HOUR
    await write_on(database, broadcast_id, now=later)
    assert [row["due_at"] for row in await queued(database)] == [later + SPACING, later + 2 * SPACING]
    await write_on(database, broadcast_id, now=later)
    assert (await counts(database, broadcast_id))["messages"] == {"queued": 2, "sent": 1}


async def test_at_night_it_is_due_in_the_receivers_morning(database: OpenDatabase) -> None:
    await come(database, "1")
    await come(database, "2")
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    morning = NOW + 8 * HOUR
    pace = Pace(PACE.spacing, lambda contact: morning if contact["external_id"] == "1" else None)
    await write_on(database, broadcast_id, pace)
    early, late = await queued(database)
    assert early["due_at"] == NOW + SPACING
    assert morning < late["due_at"] <= morning + 3 * SPACING
    assert early["unasked"] == late["unasked"] == 1


async def test_whoever_withdraws_meanwhile_gets_nothing(database: OpenDatabase) -> None:
    contact_id = await come(database, "1")
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id)
    message = await database.read(lambda db: outbox.next_in_chat(db, SCOPE, "taxi", "telegram", "1"))
    assert message is not None
    assert await write(database, lambda db: mailing.still_wanted(db, message))
    await write(database, lambda db: agree(db, contact_id, granted=False, at=NOW + HOUR))
    assert not await write(database, lambda db: mailing.still_wanted(db, message))
    assert await counts(database, broadcast_id) == {"messages": {}, "left_out": {"withdrawn": 1}}
    assert await queued(database) == []


async def test_a_person_with_two_accounts_gets_it_once_where_they_wrote_last(database: OpenDatabase) -> None:
    telegram, whatsapp = await come(database, "1"), await come(database, "77010001122", "whatsapp", agreed=False)
    await write(database, lambda db: merging.merge_contacts(db, SCOPE, whatsapp, telegram, actor_id=None, now=NOW))
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id)
    [row] = await queued(database)
    assert row["channel"] == "telegram", "on WhatsApp the 24 hours are over, and there is no template"


async def test_whoever_talks_with_a_person_is_left_alone(database: OpenDatabase) -> None:
    await come(database, "1")
    [row] = await database.read(lambda db: mailing.page_of_people(db, SCOPE, after=None, born_by=NOW))
    [chat] = await database.read(lambda db: contacts.conversations_of(db, SCOPE, [row["contact_id"]]))
    taken, actor = Handover("asked"), Actor("person", "p")
    await write(database, lambda db: holding.hand_over(db, SCOPE, chat["conversation_id"], taken, actor=actor, now=NOW))
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id)
    assert await counts(database, broadcast_id) == {"messages": {}, "left_out": {"person_has_chat": 1}}


async def test_whoever_blocked_the_bot_is_left_out_with_the_reason(database: OpenDatabase) -> None:
    await come(database, "1")
    await write(database, lambda db: keep_blocking(db, SCOPE, Chat("taxi", "telegram", "1"), blocked=True, now=NOW))
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id)
    assert await counts(database, broadcast_id) == {"messages": {}, "left_out": {"blocked": 1}}


async def test_a_segment_chooses_by_fields_tags_and_ranges(database: OpenDatabase) -> None:
    for number in range(6):
        contact_id = await come(database, f"{number}")
        fields = {"rides": number, "city": "Almaty" if number % 2 else "Taraz"}
        tags = ["vip"] if number > 3 else []

        def change(db: Connection, contact_id: str = contact_id, fields: Any = fields, tags: Any = tags) -> None:
            contacts.change_contact(db, SCOPE, contact_id, {}, fields=fields, tags=tags, now=NOW)

        await write(database, change)
    segment = [
        {"field": "rides", "op": "gte", "value": 2},
        {"field": "city", "value": "Almaty"},
        {"field": "tags", "op": "lacks", "value": "vip"},
    ]
    broadcast_id = await draft(database, segment=segment)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id)
    assert [row["chat_id"] for row in await queued(database)] == ["3"]
    assert await counts(database, broadcast_id) == {"messages": {"queued": 1}, "left_out": {}}


@pytest.mark.parametrize(("words", "gone"), [("Отписаться", True), ("стоп!", True), ("стоп машина", False)])
async def test_words_withdraw_consent_in_answer_to_a_broadcast(database: OpenDatabase, words: str, gone: bool) -> None:
    contact_id = await come(database, "1")
    broadcast_id = await draft(database)
    await start(database, broadcast_id)
    await write_on(database, broadcast_id)
    message = await database.read(lambda db: outbox.next_in_chat(db, SCOPE, "taxi", "telegram", "1"))
    assert message is not None
    await database.write("test.sent", lambda db: outbox.mark_sent(db, message, external_id="1", now=NOW))
    said = Arrival("taxi", "telegram", "1", "m2", words, None, "1", "P", None)
    await write(database, lambda db: store.accept(db, SCOPE, said, now=NOW + HOUR))
    found = await database.read(lambda db: contacts.list_consents(db, SCOPE, [contact_id]))
    assert bool(contacts.standing(found)["ads"]["granted"]) is not gone


async def test_a_word_that_answers_no_broadcast_is_the_bots(database: OpenDatabase) -> None:
    contact_id = await come(database, "1")
    for number, words in enumerate(("стоп", "отписаться")):
        said = Arrival("taxi", "telegram", "1", f"n{number}", words, None, "1", "P", None)
        await write(database, lambda db, said=said: store.accept(db, SCOPE, said, now=NOW + HOUR))
    found = await database.read(lambda db: contacts.list_consents(db, SCOPE, [contact_id]))
    assert contacts.standing(found)["ads"]["granted"]


@pytest.mark.parametrize(
    "content",
    [
        {"texts": {}},
        {"texts": {"de": "Hallo"}},
        {"texts": {"en": " "}},
        {"texts": {"en": "{{name.__class__}}"}},
        {"texts": {"en": "x" * 3501}},
        {"segment": [{"field": "tags", "op": "eq", "value": "vip"}]},
        {"segment": [{"field": "city", "op": "has", "value": "vip"}]},
        {"segment": [{"field": "city", "op": "in", "value": "vip"}]},
        {"segment": [{"field": "city", "op": "null", "value": "vip"}]},
        {"segment": [{"field": "city", "op": "like", "value": "%"}]},
        {"segment": [{"field": "c'; --"}]},
        {"segment": [{"field": "a", "value": 1}] * 21},
        {"unknown": 1},
    ],
)
async def test_what_is_no_broadcast_is_refused(database: OpenDatabase, content: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        await draft(database, **content)
    assert refused.value.code == "broadcast.bad_content"
