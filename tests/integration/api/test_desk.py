"""Operators work over the management API: take, answer, assign, note, tag, put off, close, give back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection
from tests.integration.api.conftest import House

from tapbot.access.store import add_person
from tapbot.access.types import Role
from tapbot.inbox import outbox, store
from tapbot.inbox.receipts import Receipt, keep_receipt
from tapbot.inbox.types import Arrival


async def write(house: House, number: int, text: str = "hello") -> str:
    """A customer writes; gives the conversation."""
    arrival = Arrival("taxi", "webchat", "1", str(number), text, None, "1", "Aru", None)
    house.clocks.advance(seconds=1)
    now = house.clocks.now
    accepted = await house.database.write("test", lambda db: store.accept(db, house.served.scope, arrival, now=now))
    return accepted.conversation_id


async def do(client: httpx.AsyncClient, conversation: str, what: str, body: Any, status: int = 200) -> Any:
    method = "PUT" if what == "tags" else "POST"
    answer = await client.request(method, f"/api/v1/conversations/{conversation}/{what}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def remind(house: House, conversation: str, **later: float) -> None:
    """The bot has something to say, now or later."""
    now = house.clocks.now

    def queue(db: Connection) -> None:
        outbox.queue_reply(
            db,
            house.served.scope,
            conversation_id=conversation,
            text="your ride",
            buttons=[],
            send_key=f"k{later}",
            run_id=None,
            now=now,
            due_at=now + timedelta(**later),
        )

    await house.database.write("test", queue)


async def messages(client: httpx.AsyncClient, conversation: str) -> list[tuple[str, str, str | None]]:
    found = (await client.get(f"/api/v1/conversations/{conversation}/messages")).json()["items"]
    return [(one["author"], one["text"], one["delivery"]) for one in found]


async def doubt(house: House, conversation: str) -> str:
    """The channel's answer to the bot's message was lost; gives the message."""
    await remind(house, conversation)
    scope, now = house.served.scope, house.clocks.now

    def lose(db: Connection) -> str:
        queued = outbox.next_in_chat(db, scope, "taxi", "webchat", "1")
        assert queued is not None
        outbox.mark_in_doubt(db, queued, error={"code": "x", "message": "no answer"}, now=now)
        return queued.message_id

    return await house.database.write("test", lose)


@pytest.mark.parametrize(("arrived", "then"), [(True, "sent"), (False, "queued")])
async def test_a_person_decides_once_about_a_message_in_doubt(house: House, arrived: bool, then: str) -> None:
    conversation = await write(house, 1)
    message = await doubt(house, conversation)
    settle = f"messages/{message}/settle"
    async with house.logged_in("operator") as client:
        shown = (await client.get(f"/api/v1/conversations/{conversation}/messages")).json()["items"][-1]
        assert (shown["id"], shown["delivery"], shown["delivery_error"]) == (message, "in_doubt", "no answer")
        await do(client, conversation, settle, {"arrived": arrived})
        assert (await messages(client, conversation))[-1] == ("bot", "your ride", then)
        again = await do(client, conversation, settle, {"arrived": arrived}, status=409)
        assert again["code"] == "outbox.not_in_doubt"
        await do(client, conversation, "messages/none/settle", {"arrived": True}, status=404)
    async with house.logged_in("monitor") as client:
        await do(client, conversation, settle, {"arrived": True}, status=403)


async def test_what_whatsapp_tells_of_a_message_is_shown(house: House) -> None:
    conversation = await write(house, 1)
    await remind(house, conversation)
    scope, now = house.served.scope, house.clocks.now

    def deliver(db: Connection) -> None:
        queued = outbox.next_in_chat(db, scope, "taxi", "webchat", "1")
        assert queued is not None
        outbox.mark_sent(db, queued, external_id="wamid.1", now=now)
        keep_receipt(db, scope, Receipt("taxi", "webchat", "wamid.1", "read", now), now=now)

    await house.database.write("test", deliver)
    async with house.logged_in("operator") as client:
        assert (await messages(client, conversation))[-1] == ("bot", "your ride", "read")


async def test_an_operator_takes_answers_and_gives_back(house: House) -> None:
    conversation = await write(house, 1)
    async with house.logged_in("operator") as client:
        await remind(house, conversation, minutes=20)
        taken = await do(client, conversation, "claim", {})
        assert (taken["holder"], taken["assignee"]) == ("human", "p-operator")
        assert await messages(client, conversation) == [("contact", "hello", None), ("bot", "your ride", "held")]
        for _twice in range(2):
            await do(client, conversation, "reply", {"text": " I am here ", "key": "one"})
        await do(client, conversation, "note", {"text": "a regular"})
        await do(client, conversation, "tags", {"tags": ["VIP", "vip ", "refund"]})
        back = await do(client, conversation, "return", {"summary": "refunded 500"})
        assert (back["holder"], back["assignee"], back["tags"]) == ("bot", None, ["refund", "vip"])
        assert await messages(client, conversation) == [
            ("contact", "hello", None),
            ("human", "I am here", "queued"),
            ("bot", "your ride", "queued"),
        ]
        changes = (await client.get(f"/api/v1/conversations/{conversation}/changes")).json()["items"]
    told = [(one["kind"], one["to_holder"], one["reason"], one["actor_id"]) for one in changes]
    assert told == [
        ("holder", "human", "claimed", "p-operator"),
        ("assigned", None, None, "p-operator"),
        ("note", None, None, "p-operator"),
        ("tags", None, None, "p-operator"),
        ("holder", "bot", "returned", "p-operator"),
    ]
    turn = await house.database.write("test", lambda db: store.take_turn(db, conversation, "run"))
    assert turn is None  # a person has answered
    await write(house, 2, "and now?")
    turn = await house.database.write("test", lambda db: store.take_turn(db, conversation, "run"))
    assert turn is not None
    assert (turn.summary, turn.contact["tags"]) == ("refunded 500", ["refund", "vip"])


async def test_what_nobody_answered_is_answered_by_the_bot_after_the_return(house: House) -> None:
    conversation = await write(house, 1)
    async with house.logged_in("operator") as client:
        await do(client, conversation, "claim", {})
        assert await house.database.write("test", lambda db: store.take_turn(db, conversation, "r")) is None
        await do(client, conversation, "return", {})
    turn = await house.database.write("test", lambda db: store.take_turn(db, conversation, "r"))
    assert turn is not None
    assert [one["text"] for one in turn.messages] == ["hello"]


async def test_a_colleagues_conversation_is_taken_only_on_purpose(house: House) -> None:
    conversation = await write(house, 1)
    async with house.logged_in("admin") as admin, house.logged_in("operator") as operator:
        await do(admin, conversation, "claim", {})
        refused = await do(operator, conversation, "claim", {}, status=409)
        assert refused["code"] == "inbox.taken"
        assert (await do(operator, conversation, "claim", {"force": True}))["assignee"] == "p-operator"


async def test_a_team_gets_conversations_in_turn(house: House) -> None:
    def hire(db: Connection) -> None:
        for name in ("ann", "bek"):
            add_person(
                db,
                house.served.scope,
                principal_id=name,
                email=f"{name}@example.com",
                name=name,
                role=Role.OPERATOR,
                password_hash=None,
                now=house.clocks.now,
                team="support",
            )

    await house.database.write("test", hire)
    async with house.logged_in() as client:
        assert {"id": "bek", "name": "bek", "team": "support"} in (await client.get("/api/v1/people")).json()["items"]
        given = []
        for chat in range(4):
            arrival = Arrival("taxi", "webchat", str(chat), "1", "hello", None, str(chat), None, None)
            house.clocks.advance(seconds=1)
            now = house.clocks.now
            accepted = await house.database.write(
                "test", lambda db, arrival=arrival, now=now: store.accept(db, house.served.scope, arrival, now=now)
            )
            body = {"team": "support", "next": True}
            given.append((await do(client, accepted.conversation_id, "assign", body))["assignee"])
        assert given == ["ann", "bek", "ann", "bek"]
        mine = (await client.get("/api/v1/conversations", params={"assignee": "ann", "team": "support"})).json()
        assert len(mine["items"]) == 2
        empty = await do(client, accepted.conversation_id, "assign", {"team": "nobody", "next": True}, status=404)
        assert empty["code"] == "inbox.empty_team"


async def test_lists_are_filtered_by_state_and_tag(house: House) -> None:
    conversation = await write(house, 1)
    async with house.logged_in() as client:
        await do(client, conversation, "tags", {"tags": ['50% "off"']})
        await do(client, conversation, "snooze", {"until": (house.clocks.now + timedelta(hours=1)).isoformat()})

        async def count(**wanted: str) -> int:
            answer = await client.get("/api/v1/conversations", params=wanted)
            assert answer.status_code == 200, answer.text
            return len(answer.json()["items"])

        assert await count(tag='50% "off"') == 1
        assert await count(tag="50") == 0
        assert await count(holder="bot", snoozed="true") == 1
        assert await count(holder="human") == 0
        assert await count(snoozed="false") == 0
        await do(client, conversation, "close", {"reason": "spam"})
        assert await count(holder="closed") == 1
        await write(house, 2)
        assert await count(holder="bot") == 1  # the customer wrote again
        assert (await client.get("/api/v1/conversations", params={"holder": "nobody"})).status_code == 400


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("reply", {"text": "  "}, 400),
        ("reply", {"text": "x" * 4001}, 400),
        ("reply", {"text": "x", "key": "../a"}, 400),
        ("note", {}, 400),
        ("tags", {"tags": ["x" * 41]}, 400),
        ("tags", {"tags": ["a\u0000b"]}, 400),
        ("snooze", {"until": "2020-01-01T00:00:00Z"}, 400),
        ("snooze", {"until": "2030-01-01T00:00:00"}, 400),
        ("assign", {"assignee": "p-monitor"}, 404),
        ("return", {"summary": "x" * 2001}, 400),
    ],
)
async def test_bad_input_is_refused_with_its_reason(house: House, what: str, body: Any, status: int) -> None:
    conversation = await write(house, 1)
    async with house.logged_in() as client:
        assert (await do(client, conversation, what, body, status=status))["detail"]


async def test_a_monitor_looks_and_changes_nothing(house: House) -> None:
    conversation = await write(house, 1)
    async with house.logged_in("monitor") as client:
        for what in ("claim", "assign", "reply", "note", "snooze", "close", "return"):
            await do(client, conversation, what, {"text": "x", "until": None}, status=403)
        assert (await client.get(f"/api/v1/conversations/{conversation}/changes")).json() == {"items": []}
        assert (await client.get("/api/v1/conversations/none/changes")).status_code == 404


async def test_canned_replies_are_texts_of_the_project(house: House) -> None:
    async with house.logged_in() as client:
        assert (await client.get("/api/v1/canned-replies")).json() == {"items": []}
