"""Records and messages through the real engine: exactly once, and no seat sold twice."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.contract.nodes.bench import NOW, SCOPE, Bench, around, outputs_of, prepare

from tapbot.events import store as events
from tapbot.nodes.scaffold import new_node
from tapbot.workflow.engine import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def use(bench: Bench, type_name: str, parameters: dict[str, Any], *items: dict[str, Any], **more: Any) -> Outcome:
    case = {"parameters": parameters, "inputs": [[{"json": item} for item in items or ({},)]]}
    return await bench.run(prepare(around(type_name, case)), "Start", [{"json": {}}], **more)


async def records(bench: Bench, parameters: dict[str, Any], *items: dict[str, Any]) -> list[dict[str, Any]]:
    outcome = await use(bench, "tapbot.record", {"collection": "trips", **parameters}, *items)
    assert outcome.error is None, outcome.error
    return [item["json"] for item in outputs_of(outcome, "Node")[0]]


async def test_a_record_is_made_found_changed_and_got(bench: Bench) -> None:
    values = {"city": "={{ $json.city }}", "seats": 4}
    made = await records(bench, {"operation": "insert", "values": values}, {"city": "aktau"}, {"city": "atyrau"})
    assert [record["city"] for record in made] == ["aktau", "atyrau"]
    where = [{"field": "city", "op": "in", "value": ["aktau", "atyrau"]}]
    found = await records(bench, {"where": where, "sort": ["-city"], "limit": 1})
    assert [record["city"] for record in found] == ["atyrau"]
    assert [record["city"] for record in await records(bench, {"where": where, "sort": ["-city"], "offset": 1})] == [
        "aktau"
    ]
    changed = await records(bench, {"operation": "update", "id": made[0]["id"], "values": {"note": "full"}})
    assert (changed[0]["note"], changed[0]["seats"]) == ("full", 4)
    assert (await records(bench, {"operation": "get", "id": made[0]["id"]}))[0]["note"] == "full"


async def test_a_conflict_is_an_error_or_is_ignored(bench: Bench) -> None:
    insert = {"operation": "insert", "values": {"city": "oral"}}
    assert len(await records(bench, insert)) == 1
    assert await records(bench, {**insert, "onConflict": "ignore"}) == []
    outcome = await use(bench, "tapbot.record", {"collection": "trips", **insert})
    assert outcome.status == "failed"


async def test_seats_are_never_sold_twice(bench: Bench) -> None:
    await records(bench, {"operation": "insert", "values": {"city": "semey", "seats": 5}})
    where = [{"field": "city", "value": "semey"}, {"field": "seats", "op": "gte", "value": "={{ $json.n }}"}]
    reserve = {"operation": "update", "where": where, "increment": {"seats": "={{ -$json.n }}"}}
    taken = await records(bench, reserve, {"n": 3}, {"n": 3}, {"n": 2}, {"n": 1})
    assert [record["seats"] for record in taken] == [2, 0]


async def test_a_message_is_queued_once_for_the_conversation_of_the_run(bench: Bench) -> None:
    chat = {"bot": "taxi", "channel": "telegram", "chatId": "drivers"}
    buttons = [{"label": "Take it", "value": "take"}, {"label": "No"}]
    parameters = {**chat, "text": "=A ride for {{ $json.seats }}", "buttons": buttons}
    outcome = await use(bench, "tapbot.sendMessage", parameters, {"seats": 2})
    assert outcome.error is None, outcome.error
    row = await _message(bench, outcome)
    assert row["text"] == "A ride for 2"
    assert json.loads(row["buttons"]) == [{"label": "Take it", "value": "take"}, {"label": "No", "value": "No"}]
    answered = await use(bench, "tapbot.sendMessage", {"text": "Thanks"}, conversation_id=row["conversation_id"])
    assert (await _message(bench, answered))["conversation_id"] == row["conversation_id"]
    due_at = (NOW + timedelta(hours=1)).isoformat()
    later = await use(bench, "tapbot.sendMessage", {**chat, "text": "Soon", "dueAt": due_at})
    assert later.error is None, later.error
    reminded = await use(bench, "tapbot.sendMessage", {**chat, "text": "Soon", "dueAt": due_at, "urgent": True})
    unasked = text("SELECT unasked FROM outbox WHERE message_id = :id")
    for outcome, wanted in ((later, 1), (reminded, 0)):
        row = await _message(bench, outcome)
        found = await bench.database.read(lambda db, row=row: db.execute(unasked, {"id": row["message_id"]}).scalar())
        assert found == wanted


async def test_a_conversation_is_handed_over_once_and_the_bot_is_held_back(bench: Bench) -> None:
    chat = {"bot": "taxi", "channel": "webchat", "chatId": "handed"}
    begun = await use(bench, "tapbot.sendMessage", {**chat, "text": "Hello"})
    conversation = (await _message(bench, begun))["conversation_id"]
    wanted = {"reason": "a refund", "team": "support"}
    handed = await use(bench, "tapbot.handoff", wanted, {}, {}, conversation_id=conversation)
    assert handed.error is None, handed.error
    assert [item["json"]["handedOver"] for item in outputs_of(handed, "Node")[0]] == [True, False]
    row = text("SELECT holder, holder_reason, team FROM conversations WHERE conversation_id = :id")
    found = await bench.database.read(lambda db: db.execute(row, {"id": conversation}).one())
    assert tuple(found) == ("human", "a refund", "support")
    await use(bench, "tapbot.sendMessage", {"text": "Too late"}, conversation_id=conversation)
    held = text("SELECT status FROM outbox WHERE conversation_id = :id ORDER BY outbox_id DESC LIMIT 1")
    assert await bench.database.read(lambda db: db.execute(held, {"id": conversation}).scalar_one()) == "held"


async def test_a_workflow_tags_notes_moves_and_gives_back_its_conversation(bench: Bench) -> None:
    begun = await use(
        bench, "tapbot.sendMessage", {"bot": "taxi", "channel": "webchat", "chatId": "kept", "text": "Hi"}
    )
    conversation = (await _message(bench, begun))["conversation_id"]

    async def do(operation: str, **parameters: Any) -> dict[str, Any]:
        wanted = {"operation": operation, **parameters}
        outcome = await use(bench, "tapbot.conversation", wanted, conversation_id=conversation)
        assert outcome.error is None, outcome.error
        [item] = outputs_of(outcome, "Node")[0]
        return dict(item["json"]["conversation"])

    assert (await do("addTags", tags="VIP, refund"))["tags"] == ["refund", "vip"]
    assert (await do("addTags", tags="late"))["tags"] == ["late", "refund", "vip"]
    assert (await do("removeTags", tags="Refund"))["tags"] == ["late", "vip"]
    assert (await do("setTags", tags=""))["tags"] == []
    assert (await do("setTeam", team="support"))["team"] == "support"
    await do("setTeam", team="support")
    await do("addNote", text="asks for a window seat")
    later = (NOW + timedelta(hours=1)).isoformat()
    await do("snooze", until=later)
    await do("snooze")
    await use(bench, "tapbot.handoff", {"summary": "wants the money back"}, {}, {}, conversation_id=conversation)
    assert (await do("get"))["holder"] == "human"
    assert (await do("returnToBot", summary="paid back"))["holder"] == "bot"
    assert (await do("close", reason="done"))["holder"] == "closed"
    query = text(
        "SELECT kind, actor_kind, reason, data FROM conversation_changes WHERE conversation_id = :id ORDER BY 1"
    )
    rows = await bench.database.read(lambda db: db.execute(query, {"id": conversation}).all())
    kinds = [kind for kind, *_ in rows]
    assert kinds == ["assigned", *["holder"] * 3, *["note"] * 2, *["snooze"] * 2, *["tags"] * 4]
    assert {actor for _, actor, *_ in rows} == {"workflow"}
    notes = {json.loads(data)["text"] for kind, _, _, data in rows if kind == "note"}
    assert notes == {"asks for a window seat", "wants the money back"}


async def _message(bench: Bench, outcome: Outcome) -> dict[str, Any]:
    message_id = outputs_of(outcome, "Node")[0][0]["json"]["messageId"]
    query = text("SELECT * FROM messages WHERE message_id = :id AND project_id = :project")
    found = await bench.database.read(
        lambda db: db.execute(query, {"id": message_id, "project": SCOPE.project_id}).mappings().all()
    )
    assert len(found) == 1
    return dict(found[0])


async def test_a_scaffolded_case_is_one_that_the_bench_understands(tmp_path: Path) -> None:
    case = json.loads((new_node("tapbot.weather", tmp_path) / "cases" / "a_greeting.json").read_text("utf-8"))
    assert case.keys() == {"title", "about", "parameters", "inputs", "expect"}


async def test_an_event_is_told_once_with_the_step(bench: Bench) -> None:
    parameters = {"name": "trip.confirmed", "subject": "={{ $json.id }}", "data": {"seats": 2}}
    outcome = await use(bench, "tapbot.emitEvent", parameters, {"id": "told-1"}, {"id": "told-2"})
    assert outcome.error is None, outcome.error
    everything = await bench.database.read(lambda db: events.since(db, SCOPE, 0, limit=100_000))
    assert everything is not None
    told = [event for event in everything if event.subject.startswith("told")]
    assert [(event.kind, event.subject, event.data) for event in told] == [
        ("workflow.trip.confirmed", "told-1", {"seats": 2}),
        ("workflow.trip.confirmed", "told-2", {"seats": 2}),
    ]
