"""Approvals over the management API: who may decide, on what, and once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, insert
from tests.integration.api.conftest import House

from tapbot.inbox import approvals
from tapbot.storage.columns import owned
from tapbot.workflow.tables import runs


async def ask(house: House, deciders: Mapping[str, str] | None = None, *, status: str = "waiting") -> tuple[str, str]:
    """A run asks; gives the approval's id and the hash of its details."""
    scope, now = house.served.scope, house.clocks.now
    details = {"ride": "TX-1", "amount": 500}

    def write(db: Connection) -> str:
        columns = {column.name: None for column in runs.columns if column.nullable}
        row: dict[str, Any] = columns | owned(scope) | {"run_id": "r1", "status": status}
        kinds = {"INTEGER": 0, "JSON": {}, "DATETIME": now}
        for column in runs.columns:
            if column.name not in row and column.default is None and column.server_default is None:
                row[column.name] = kinds.get(_kind(column), "x")
        if db.execute(runs.select().where(runs.c.run_id == "r1")).first() is None:
            db.execute(insert(runs), row)
        asked = approvals.Asked(
            run_id="r1",
            node="Ask",
            event="resume:r1:x",
            question="Refund?",
            details=details,
            language="en",
            deciders=deciders or {},
            chats=[],
            deadline_at=now + timedelta(hours=1),
        )
        return approvals.open_approval(db, scope, asked, now=now)[0]

    return await house.database.write("test", write), approvals.details_hash(details)


def _kind(column: Any) -> str:
    name = type(column.type).__name__
    if name in {"Integer", "BigInteger", "SmallInteger"}:
        return "INTEGER"
    return {"Json": "JSON", "Utc": "DATETIME"}.get(name, "TEXT")


async def decide(client: httpx.AsyncClient, approval: str, status: int = 200, **body: Any) -> Any:
    answer = await client.post(f"/api/v1/approvals/{approval}/decision", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_operator_decides_once_with_a_note(house: House) -> None:
    approval, shown = await ask(house)
    async with house.logged_in("operator") as client:
        [listed] = (await client.get("/api/v1/approvals", params={"status": "open"})).json()["items"]
        assert (listed["id"], listed["details"], listed["may_decide"]) == (
            approval,
            {"ride": "TX-1", "amount": 500},
            True,
        )
        assert "token" not in listed
        done = await decide(client, approval, decision="refused", details_hash=shown, note="  too late ")
        assert (done["status"], done["note"], done["may_decide"]) == ("refused", "too late", False)
        again = await decide(client, approval, 409, decision="approved", details_hash=shown)
        assert again["code"] == "approval.decided"
        assert (await client.get(f"/api/v1/approvals/{approval}")).json() == done
        assert (await client.get("/api/v1/approvals", params={"status": "open"})).json()["items"] == []


async def test_a_decision_on_other_details_is_refused(house: House) -> None:
    approval, _shown = await ask(house)
    async with house.logged_in("operator") as client:
        refused = await decide(client, approval, 409, decision="approved", details_hash="0" * 64)
        assert refused["code"] == "approval.other_details"
        assert (await client.get(f"/api/v1/approvals/{approval}")).json()["status"] == "open"


@pytest.mark.parametrize(
    ("deciders", "who", "status"),
    [
        ({"role": "admin"}, "operator", 403),
        ({"role": "admin"}, "admin", 200),
        ({"role": "operator"}, "admin", 200),
        ({"team": "support"}, "operator", 403),
        ({"person": "nobody@example.com"}, "admin", 403),
        ({}, "monitor", 403),
    ],
)
async def test_only_whoever_was_asked_decides(house: House, deciders: Mapping[str, str], who: str, status: int) -> None:
    approval, shown = await ask(house, deciders)
    async with house.logged_in(who) as client:
        await decide(client, approval, status, decision="approved", details_hash=shown)


async def test_too_late_or_after_the_end_of_its_run_nothing_is_decided(house: House) -> None:
    approval, shown = await ask(house)
    house.clocks.advance(hours=2)
    async with house.logged_in("operator") as client:
        late = await decide(client, approval, 409, decision="approved", details_hash=shown)
        assert late["code"] == "approval.late"


async def test_a_run_that_has_ended_leaves_nothing_to_decide(house: House) -> None:
    approval, shown = await ask(house, status="cancelled")
    async with house.logged_in("operator") as client:
        ended = await decide(client, approval, 409, decision="approved", details_hash=shown)
        assert ended["code"] == "approval.run_ended"
        assert (await client.get(f"/api/v1/approvals/{approval}")).json()["status"] == "cancelled"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "maybe", "details_hash": "0" * 64},
        {"decision": "approved"},
        {"decision": "approved", "details_hash": "short"},
        {"decision": "approved", "details_hash": "0" * 64, "note": "x" * 1001},
    ],
)
async def test_bad_input_is_refused_with_its_reason(house: House, body: dict[str, Any]) -> None:
    approval, _shown = await ask(house)
    async with house.logged_in("operator") as client:
        assert (await decide(client, approval, 400, **body))["detail"]


async def test_what_is_not_there_is_not_found(house: House) -> None:
    async with house.logged_in("operator") as client:
        missing = await decide(client, "none", 404, decision="approved", details_hash="0" * 64)
        assert missing["code"] == "approval.not_found"
        assert (await client.get("/api/v1/approvals/none")).status_code == 404
        assert (await client.get("/api/v1/approvals", params={"status": "lost"})).status_code == 400
