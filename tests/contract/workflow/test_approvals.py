"""A run asks a person and waits: decided once, in time, by whoever was asked, on exactly what was shown."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from tests.chaos.rooms import Room, make_project, open_room, workflow
from tests.contract.workflow.test_waiting import START, execute, final

from tapbot.api.run_changes import Actor
from tapbot.bots import deciding
from tapbot.errors import Conflict
from tapbot.inbox import approvals, holding
from tapbot.inbox.moving import move_chat
from tapbot.inbox.types import Actor as PersonActor
from tapbot.inbox.types import Arrival, Chat, Handover
from tapbot.workflow import store

CHAT = {"bot": "taxi", "channel": "telegram", "chatId": "7001"}
SECOND = {"bot": "taxi", "channel": "telegram", "chatId": "7002"}


@dataclass
class Clock:
    """Time that tests turn."""

    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def asks(**parameters: Any) -> dict[str, Any]:
    given = {"question": "Refund?", "details": {"amount": "={{ $json.n * 500 }}", "ride": "TX-1"}, **parameters}
    return {"name": "Ask", "type": "tapbot.askPerson", "parameters": given}


def answer(name: str) -> dict[str, Any]:
    entries = [{"name": "went", "value": name, "type": "string"}]
    parameters = {"assignments": {"assignments": entries}, "includeOtherFields": True}
    return {"name": name, "type": "n8n-nodes-base.set", "typeVersion": 3.4, "parameters": parameters}


def project(tmp_path: Path, **parameters: Any) -> Path:
    flow = workflow("w", [START, asks(**parameters)])
    ways = ["yes", "no", "nobody"]
    flow["nodes"] += workflow("x", [answer(name) for name in ways])["nodes"]
    flow["connections"]["Ask"] = {"main": [[{"node": name, "type": "main", "index": 0}] for name in ways]}
    return make_project(tmp_path / "project", [flow], {})


async def buttons(room: Room, chat_id: str = "7001") -> list[str]:
    """Values of the buttons of the newest message in a chat."""
    query = text(
        "SELECT m.buttons FROM messages m JOIN conversations c ON c.conversation_id = m.conversation_id"
        " WHERE c.chat_id = :chat AND m.buttons != '[]' ORDER BY m.position DESC LIMIT 1"
    )
    found = await room.app.database.read(lambda db: db.execute(query, {"chat": chat_id}).scalar_one())
    return [str(part).partition('"')[0] for part in str(found).split('"value":"')[1:]]


async def said(room: Room, chat_id: str = "7001") -> str:
    """The newest text in a chat."""
    query = text("SELECT last_text FROM conversations WHERE chat_id = :chat")
    return str(await room.app.database.read(lambda db: db.execute(query, {"chat": chat_id}).scalar_one()))


async def press(room: Room, value: str, *, message: str = "m1", chat: Mapping[str, str] = CHAT) -> None:
    arrival = Arrival(chat["bot"], chat["channel"], chat["chatId"], message, None, value, "77", "Aigul", "ru")
    now = room.app.clock()
    await room.app.database.write("test", lambda db: deciding.take_in(db, room.served.scope, arrival, now=now))


async def audit(room: Room) -> list[str]:
    query = text("SELECT action FROM audit_log WHERE action LIKE 'approval.%' ORDER BY entry_id")
    return list(await room.app.database.read(lambda db: db.execute(query).scalars().all()))


async def only(room: Room) -> Any:
    found = await room.app.database.read(lambda db: approvals.list_approvals(db, room.served.scope))
    assert len(found) == 1
    return found[0]


def went(run: dict[str, Any]) -> tuple[str, Any]:
    [item] = run["output"]
    return item["json"]["went"], item["json"]["approval"]


@pytest.mark.parametrize(("choice", "way", "told"), [(0, "yes", "Одобрено: Refund?"), (1, "no", "Отклонено: Refund?")])
async def test_a_button_in_the_chat_that_was_asked_decides_once(
    tmp_path: Path, choice: int, way: str, told: str
) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        assert outcome.status == "waiting"
        assert "• amount: 500\n• ride: TX-1" in await said(room)
        values = await buttons(room)
        assert all(len(value.encode()) <= 64 for value in values), "Telegram keeps no more"
        await press(room, values[choice])
        assert await said(room) == told
        run = await final(room, outcome.run_id)
        await press(room, values[1 - choice], message="m2")
        assert await said(room) == "Это уже решено."
        assert await audit(room) == ["approval.decided", "approval.press_refused"]
        row = await only(room)
    assert went(run)[0] == way
    assert went(run)[1] | {"at": None} == {
        "id": row["approval_id"],
        "status": row["status"],
        "by": "Aigul",
        "note": None,
        "at": None,
        "detailsHash": approvals.details_hash({"ride": "TX-1", "amount": 500}),
    }


async def test_the_same_press_that_comes_twice_is_one_press(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        value = (await buttons(room))[0]
        await press(room, value)
        await press(room, value)
        assert went(await final(room, outcome.run_id))[0] == "yes"
        assert await audit(room) == ["approval.decided"]


@pytest.mark.parametrize("value", ["ap:guessed:y", "ap:", "ap::::"])
async def test_a_forged_press_decides_nothing_and_is_logged(tmp_path: Path, value: str) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room:
        await execute(room)
        await press(room, value)
        assert (await only(room))["status"] == "open"
        assert await audit(room) == ["approval.press_refused"]


@pytest.mark.parametrize("choice", ["", "x", "y:y", "Y"])
async def test_a_press_that_is_neither_yes_nor_no_decides_nothing(tmp_path: Path, choice: str) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room:
        await execute(room)
        token = (await buttons(room))[0].split(":")[1]
        await press(room, f"ap:{token}:{choice}")
        assert (await only(room))["status"] == "open"
        assert await audit(room) == ["approval.press_refused"]


async def test_a_press_in_another_chat_decides_nothing(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room:
        await execute(room)
        value = (await buttons(room))[0]
        await press(room, value, chat=SECOND)
        assert await said(room, "7002") == "Этот вопрос задан не вам."
        assert (await only(room))["status"] == "open"


async def test_after_the_deadline_the_items_leave_by_no_answer_and_a_late_press_is_refused(tmp_path: Path) -> None:
    clock = Clock()
    folder = project(tmp_path, chat=CHAT, deadlineMinutes=60)
    async with open_room(folder, tmp_path / "data", clock=clock) as room:
        outcome = await execute(room)
        value = (await buttons(room))[0]
        clock.now += timedelta(minutes=61)
        await press(room, value)
        assert await said(room) == "Время на решение вышло."
        async with room.app.working():
            run = await final(room, outcome.run_id)
        row = await only(room)
    assert (went(run)[0], row["status"]) == ("nobody", "expired")


async def test_a_question_outlives_the_process_and_72_hours(tmp_path: Path) -> None:
    clock = Clock()
    folder = project(tmp_path, chat=CHAT, deadlineMinutes=5 * 24 * 60)
    async with open_room(folder, tmp_path / "data", clock=clock) as room:
        outcome = await execute(room)
        value = (await buttons(room))[0]
    clock.now += timedelta(hours=72)
    async with open_room(folder, tmp_path / "data", clock=clock) as room, room.app.working():
        await press(room, value)
        assert went(await final(room, outcome.run_id))[0] == "yes"


async def test_nobody_answers_so_the_second_chat_is_asked_and_its_button_decides(tmp_path: Path) -> None:
    clock = Clock()
    folder = project(tmp_path, chat=CHAT, escalation={**SECOND, "afterMinutes": 30}, deadlineMinutes=90)
    async with open_room(folder, tmp_path / "data", clock=clock) as room, room.app.working():
        outcome = await execute(room)
        first = (await buttons(room))[0]
        clock.now += timedelta(minutes=31)
        while (await only(room))["reminded_at"] is None:
            await asyncio.sleep(0.01)
        assert (await buttons(room, "7002"))[0] == first
        while await _status(room, outcome.run_id) != "waiting":
            await asyncio.sleep(0.01)
        await press(room, first, chat=SECOND)
        assert went(await final(room, outcome.run_id))[0] == "yes"


async def _status(room: Room, run_id: str) -> str:
    run = await room.app.database.read(lambda db: store.get_run(db, room.served.scope, run_id))
    assert run is not None
    return str(run["status"])


async def test_a_person_who_ends_the_wait_asks_nobody_else(tmp_path: Path) -> None:
    folder = project(tmp_path, chat=CHAT, escalation={**SECOND, "afterMinutes": 30}, deadlineMinutes=90)
    async with open_room(folder, tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        await Actor(room.app.database, room.served.scope, "p", room.app.clock()).end_wait(outcome.run_id)
        assert went(await final(room, outcome.run_id))[0] == "nobody"
        assert (await only(room))["reminded_at"] is None


async def test_a_question_and_its_answer_reach_a_chat_that_a_colleague_is_talking_in(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room, room.app.working():
        first = await execute(room)
        await take(room, "7001")
        second = await execute(room)
        assert await held(room) == 0
        await press(room, (await buttons(room))[0])
        assert went(await final(room, second.run_id))[0] == "yes"
        assert await said(room) == "Одобрено: Refund?"
        assert await held(room) == 0
        assert await _status(room, first.run_id) == "waiting"


async def test_a_group_that_gets_another_id_may_still_decide(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room, room.app.working():
        outcome = await execute(room)
        value, scope, now = (await buttons(room))[0], room.served.scope, room.app.clock()
        old = Chat("taxi", "telegram", "7001")
        await room.app.database.write("test", lambda db: move_chat(db, scope, old, "-1007001", now=now))
        await press(room, value, chat={**CHAT, "chatId": "-1007001"})
        assert went(await final(room, outcome.run_id))[0] == "yes"


async def take(room: Room, chat_id: str) -> None:
    """A colleague takes a conversation."""
    scope, now = room.served.scope, room.app.clock()

    def change(db: Connection) -> None:
        row = db.execute(text("SELECT conversation_id FROM conversations WHERE chat_id = :chat"), {"chat": chat_id})
        actor = PersonActor("person", "p")
        holding.hand_over(db, scope, row.scalar_one(), Handover("claimed"), actor=actor, now=now)

    await room.app.database.write("test", change)


async def held(room: Room) -> int:
    query = text("SELECT count(*) FROM outbox WHERE status = 'held'")
    return int(await room.app.database.read(lambda db: db.execute(query).scalar_one()))


async def test_a_cancelled_run_leaves_nothing_to_decide(tmp_path: Path) -> None:
    async with open_room(project(tmp_path, chat=CHAT), tmp_path / "data") as room:
        outcome = await execute(room)
        value = (await buttons(room))[0]
        scope, now = room.served.scope, room.app.clock()
        await Actor(room.app.database, scope, "p", now).cancel(outcome.run_id)
        await press(room, value)
        assert await said(room) == "Время на решение вышло."
        row = await only(room)
        assert row["status"] == "cancelled"
        with pytest.raises(Conflict):
            await room.app.database.write(
                "test", lambda db: deciding.decide(db, scope, row["approval_id"], "approved", by={}, now=now)
            )


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({"question": " "}, "question"),
        ({"question": "x" * 1001}, "question"),
        ({"details": "all"}, "details"),
        ({"details": {"x": "y" * 3000}}, "details"),
        ({"chat": {"bot": "taxi"}}, "chat"),
        ({"escalation": {"afterMinutes": 5}}, "escalation"),
        ({"pauseConversation": True}, "pauseConversation"),
    ],
)
async def test_a_question_that_cannot_be_asked_says_why(tmp_path: Path, parameters: dict[str, Any], place: str) -> None:
    async with open_room(project(tmp_path, **parameters), tmp_path / "data") as room:
        outcome = await execute(room)
    assert outcome.status == "failed"
    assert place in str(outcome.error)
