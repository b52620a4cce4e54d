"""Decisions on a page: who was asked by mail gets its address; looking decides nothing, one press does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.every_commit.world import small, until
from tests.chaos.rooms import Room, workflow

from tapbot.inbox.approvals import link_key

BOSS, DEPUTY = "boss@example.org", "deputy@example.org"
DETAILS = {"amount": 500, "why": "<script>alert(1)</script>"}
STATUS = "SELECT status FROM approvals"


@pytest.fixture
def clock() -> Any:
    class Clock:
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)

        def __call__(self) -> datetime:
            return self.now

    return Clock()


def project(**parameters: Any) -> dict[str, Any]:
    hook = {
        "name": "Hook",
        "type": "n8n-nodes-base.webhook",
        "typeVersion": 2,
        "parameters": {"path": "ask", "httpMethod": "POST", "responseMode": "onReceived"},
    }
    chat = {"bot": "taxi", "channel": "email", "chatId": BOSS}
    given = {"question": "Refund <b>?", "details": DETAILS, "language": "en", "chat": chat, **parameters}
    return workflow("ask", [hook, {"name": "Ask", "type": "tapbot.askPerson", "parameters": given}])


async def asked(room: Room) -> str:
    """A run asks; gives the path of the page that the mail names."""
    assert (await room.http.post("/webhook/ask", json={})).status_code == 200
    await until(room, STATUS, [("open",)])
    [(said, buttons)] = await room.rows("SELECT text, buttons FROM messages")
    assert buttons == "[]", "nothing can be pressed in a mail"
    found = re.search(r"http://localhost:\d+(/p/\S+)", said)
    assert found, said
    return found[1]


async def decide(room: Room, path: str, choice: str) -> httpx2.Response:
    return await room.http.post(path, data={"decision": choice})


async def audit(room: Room) -> list[str]:
    rows = await room.rows("SELECT action FROM audit_log WHERE action LIKE 'approval.%' ORDER BY entry_id")
    return [action for (action,) in rows]


async def test_looking_decides_nothing_and_one_press_decides(tmp_path: Path) -> None:
    async with small(tmp_path, project()) as room, room.app.working():
        path = await asked(room)
        for _ in range(3):
            shown = await room.http.get(path)
            assert shown.status_code == 200
            assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
            assert "<script" not in shown.text
            assert "Refund &lt;b&gt;?" in shown.text
            assert "Decide by: " in shown.text
            assert "default-src 'none'" in shown.headers["content-security-policy"]
            assert shown.headers["cache-control"] == "no-store"
        assert await room.rows(STATUS) == [("open",)]
        assert "Approved: Refund" in (await decide(room, path, "y")).text
        await until(room, "SELECT status FROM runs", [("succeeded",)])
        assert "decided already" in (await decide(room, path, "n")).text
        assert (await room.http.get(path)).status_code == 409
        assert await room.rows("SELECT status, decided_by FROM approvals") == [
            ("approved", f'{{"bot_id":"taxi","channel":"email","chat_id":"{BOSS}","name":"{BOSS}"}}')
        ]
        assert await audit(room) == ["approval.decided", "approval.press_refused"]


@pytest.mark.parametrize("choice", ["", "maybe", "y"])
async def test_an_address_that_nobody_was_given_decides_nothing_and_is_logged(tmp_path: Path, choice: str) -> None:
    async with small(tmp_path, project()) as room, room.app.working():
        path = await asked(room)
        forged = path[:-4] + ("0000" if not path.endswith("0000") else "1111") if choice == "y" else path
        assert (await decide(room, forged, choice)).status_code == 404
        assert await room.rows(STATUS) == [("open",)]
        assert await audit(room) == ["approval.press_refused"]
        assert (await room.http.get("/decide/none.none")).status_code == 404


async def test_a_key_of_a_chat_that_was_not_asked_yet_is_nobodys(tmp_path: Path) -> None:
    later = {"bot": "taxi", "channel": "email", "chatId": DEPUTY, "afterMinutes": 30}
    async with small(tmp_path, project(escalation=later)) as room, room.app.working():
        path = await asked(room)
        [(token,)] = await room.rows("SELECT token FROM approvals")
        key = link_key(token, {"bot_id": "taxi", "channel": "email", "chat_id": DEPUTY})
        forged = f"{path.partition('.')[0]}.{key}"
        assert (await room.http.get(forged)).status_code == 404
        assert (await decide(room, forged, "y")).status_code == 404
        assert await room.rows(STATUS) == [("open",)]


async def test_a_late_press_changes_nothing(tmp_path: Path, clock: Any) -> None:
    async with small(tmp_path, project(deadlineMinutes=5), clock=clock) as room:
        async with room.app.working():
            path = await asked(room)
        clock.now += timedelta(minutes=6)
        assert (await room.http.get(path)).status_code == 409
        late = await decide(room, path, "y")
        assert "The time to decide is over." in late.text
        assert await room.rows(STATUS) == [("open",)]
        assert await audit(room) == ["approval.press_refused"]


async def test_a_stranger_who_tries_addresses_is_slowed_down(tmp_path: Path) -> None:
    async with small(tmp_path, project(), access={"waiting_per_minute": 3}) as room:
        answers = [(await room.http.get(f"/decide/{number}.x")).status_code for number in range(5)]
    assert answers == [404, 404, 404, 429, 429]
