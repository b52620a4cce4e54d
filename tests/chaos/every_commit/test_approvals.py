"""Commits of questions to people: that it was asked, and how it was decided."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.every_commit.world import ADMIN, hook, log_in, small, until
from tests.chaos.rooms import workflow

from tapbot.access.first_admin import prepare_admin


async def test_a_question_is_kept_until_it_is_decided_and_its_run_goes_on(tmp_path: Path) -> None:
    ask = {"name": "Ask", "type": "tapbot.askPerson", "parameters": {"question": "Refund?", "details": {"amount": 5}}}
    late = hook("ask") | {"parameters": {"path": "ask", "httpMethod": "POST", "responseMode": "onReceived"}}
    async with small(tmp_path, workflow("ask", [late, ask]), admin=ADMIN) as room, room.app.working():
        app = room.app
        begun = await room.http.post("/webhook/ask", json={})
        assert begun.status_code == 200, begun.text
        await until(room, "SELECT status FROM approvals", [("open",)])
        await prepare_admin(
            app.database, room.served.scope, app.settings.admin, new_id=app.engine.new_id, now=app.clock()
        )
        [(approval, details_hash)] = await room.rows("SELECT approval_id, details_hash FROM approvals")
        decided = await room.http.post(
            f"/api/v1/approvals/{approval}/decision",
            json={"decision": "approved", "details_hash": details_hash},
            headers=await log_in(room),
        )
        assert decided.status_code == 200, decided.text
        assert await room.rows("SELECT status FROM approvals") == [("approved",)]
        await until(room, "SELECT status FROM runs", [("succeeded",)])


async def test_a_forged_address_of_a_question_is_noted(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        assert (await room.http.get("/decide/none.none")).status_code == 404
        assert await room.rows("SELECT action FROM audit_log") == [("approval.press_refused",)]
