"""Projects, workflows, node types, collections, conversations and runs as the console reads them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, insert

from tapbot.events.types import Event
from tapbot.inbox.store import accept
from tapbot.inbox.types import Arrival
from tapbot.storage.columns import owned
from tapbot.workflow.tables import runs, steps

from .conftest import House


async def get(house: House, path: str, who: str = "monitor", **options: Any) -> Any:
    async with house.logged_in(who) as client:
        reply = await client.get(f"/api/v1{path}", **options)
        assert reply.status_code == 200, reply.text
        return reply.json()


async def problem(house: House, path: str) -> tuple[int, str]:
    async with house.logged_in() as client:
        reply = await client.get(f"/api/v1{path}")
        return reply.status_code, reply.json()["code"]


async def test_projects_are_listed(house: House) -> None:
    [project] = (await get(house, "/projects"))["items"]
    assert project == {
        "id": "taxi",
        "name": "Taxi",
        "environment": "dev",
        "release": house.served.project.release,
        "locales": ["ru", "kk", "en"],
        "time_zone": "Asia/Almaty",
        "bots": [],
    }


async def test_workflows_are_listed_with_their_triggers_and_problems(house: House) -> None:
    broken, hello = (await get(house, "/workflows"))["items"]
    assert hello == {
        "id": "hello",
        "name": "Hello",
        "active": True,
        "nodes": 1,
        "triggers": [{"type": "n8n-nodes-base.webhook", "detail": "GET /webhook/hello"}],
        "problem": None,
    }
    assert broken["problem"]["place"] == "workflows/broken.json"
    detail = await get(house, "/workflows/hello")
    assert detail["workflow"]["nodes"][0]["name"] == "Webhook"
    assert detail["release"] == house.served.project.release
    assert await problem(house, "/workflows/none") == (404, "workflow.not_found")


async def test_node_types_are_listed_with_their_schema(house: House) -> None:
    items = {item["type"]: item for item in (await get(house, "/node-types"))["items"]}
    assert items["n8n-nodes-base.if"]["outputs"] == ["true", "false"]
    assert "properties" in items["n8n-nodes-base.webhook"]["schema"]
    assert items["n8n-nodes-base.webhook"]["icon"].startswith("<svg")


async def test_collections_are_listed_in_the_readers_language(house: House) -> None:
    [rides] = (await get(house, "/collections", headers={"Accept-Language": "en-US,en;q=0.9"}))["items"]
    assert (rides["name"], rides["title"], rides["count"]) == ("rides", "Rides", 2)
    assert rides["fields"][1] == {
        "name": "from_city",
        "type": "string",
        "title": "From",
        "required": True,
        "choices": [],
    }
    assert rides["fields"][3]["choices"] == [{"value": "new", "title": "New"}, {"value": "done", "title": "done"}]
    [rides] = (await get(house, "/collections", params={"language": "ru"}))["items"]
    assert rides["title"] == "Поездки"


async def test_records_are_sorted_searched_and_cut_into_pages(house: House) -> None:
    page = await get(house, "/collections/rides/records", params={"sort": "-seats", "limit": 1})
    assert (page["items"][0]["from_city"], page["total"]) == ("тараз", 2)
    found = await get(house, "/collections/rides/records", params={"q": "Алмат"})
    assert ([item["from_city"] for item in found["items"]], found["total"]) == (["алматы"], 1)
    one = await get(house, f"/collections/rides/records/{found['items'][0]['id']}")
    assert one == found["items"][0]
    assert await problem(house, "/collections/planes/records") == (404, "data.unknown_collection")
    assert await problem(house, "/collections/rides/records?sort=wheels") == (400, "data.unknown_field")
    assert await problem(house, "/collections/rides/records?limit=0") == (400, "api.invalid_request")
    assert await problem(house, f"/collections/rides/records/{uuid4()}") == (404, "data.unknown_record")


async def say(house: House, chat_id: str, *texts: str) -> str:
    conversation_id = ""
    for number, text in enumerate(texts):
        arrival = Arrival("taxi", "webchat", chat_id, f"m{number}", text, None, chat_id, "Dana", "ru")
        house.clocks.advance(seconds=1)

        def keep(db: Connection, arrival: Arrival = arrival) -> str:
            return accept(db, house.served.scope, arrival, now=house.clocks.now).conversation_id

        conversation_id = await house.database.write("test", keep)
    return conversation_id


async def test_conversations_are_listed_the_newest_first_page_by_page(house: House) -> None:
    made = [await say(house, f"chat{number}", "Здравствуйте") for number in range(5)]
    first = await get(house, "/conversations", params={"limit": 2})
    second = await get(house, "/conversations", params={"limit": 2, "before": first["next"]})
    third = await get(house, "/conversations", params={"limit": 2, "before": second["next"]})
    listed = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert listed == made[::-1]
    assert third["next"] is None
    item = first["items"][0]
    assert (item["bot"], item["channel"], item["holder"]) == ("taxi", "webchat", "bot")
    assert item["contact"]["name"] == "Dana"
    assert (await get(house, "/conversations", params={"channel": "telegram"}))["items"] == []
    detail = await get(house, f"/conversations/{made[0]}")
    assert detail["state"] == {}
    assert await problem(house, "/conversations/none") == (404, "inbox.no_conversation")
    assert await problem(house, "/conversations?before=!!!") == (400, "api.bad_cursor")


async def test_a_conversation_that_was_read_has_no_unread_messages_until_the_next_one(house: House) -> None:
    conversation_id = await say(house, "chat", "1", "2")

    async def unread() -> int:
        return int((await get(house, f"/conversations/{conversation_id}"))["unread"])

    async def read(who: str) -> int:
        async with house.logged_in(who) as client:
            return (await client.post(f"/api/v1/conversations/{conversation_id}/read")).status_code

    assert await unread() == 2
    assert await read("monitor") == 403
    assert await unread() == 2
    with house.hub.subscribe([house.served.scope]) as told:
        assert await read("operator") == 204
        assert await read("operator") == 204
        event = await told.take(timeout_seconds=5)
        assert isinstance(event, Event)
        assert (event.kind, event.subject) == ("conversation", conversation_id)
    assert await unread() == 0
    await say(house, "chat", "1", "2", "3")
    assert await unread() == 1
    async with house.logged_in() as client:
        assert (await client.post("/api/v1/conversations/none/read")).status_code == 404


async def test_messages_are_listed_oldest_first_and_older_ones_by_page(house: House) -> None:
    conversation_id = await say(house, "chat", "1", "2", "3", "4", "5")
    newest = await get(house, f"/conversations/{conversation_id}/messages", params={"limit": 2})
    older = await get(
        house, f"/conversations/{conversation_id}/messages", params={"limit": 3, "before": newest["next"]}
    )
    assert [item["text"] for item in older["items"] + newest["items"]] == ["1", "2", "3", "4", "5"]
    assert older["next"] is None
    message = newest["items"][0]
    assert (message["author"], message["buttons"], message["delivery"]) == ("contact", [], None)
    assert await problem(house, "/conversations/none/messages") == (404, "inbox.no_conversation")
    assert await problem(house, f"/conversations/{conversation_id}/messages?before=x") == (400, "api.bad_cursor")


@pytest.fixture
async def run_ids(house: House) -> list[str]:
    now, scope = house.clocks.now, house.served.scope
    history = {
        "order": ["Webhook"],
        "nodes": {
            "Webhook": [
                {
                    "outputs": [[{"json": {"a": 1}}]],
                    "counts": [1],
                    "sources": [None],
                    "error": None,
                    "started_at": now.isoformat(),
                    "duration_ms": 1.5,
                }
            ]
        },
    }

    def fill(db: Connection) -> list[str]:
        made = []
        for number in range(3):
            row = {
                **owned(scope),
                "run_id": f"run-{number}",
                "release": house.served.project.release if number else "gone",
                "kind": "workflow",
                "workflow_id": "hello",
                "name": "Hello",
                "trigger_node": "Webhook",
                "mode": "webhook",
                "status": "failed" if number == 2 else "succeeded",
                "input": [{"json": {}}],
                "history": history,
                "error": {"message": "no", "code": "x", "place": None, "hint": None} if number == 2 else None,
                "parent_run_id": "run-1" if number == 2 else None,
                "clock": now,
                "seed": 1,
                "attempt": 1,
                "created_at": now + timedelta(seconds=number),
                "started_at": now,
                "finished_at": now + timedelta(milliseconds=250),
            }
            db.execute(insert(runs).values(**row))
            made.append(row["run_id"])
        step = {
            **owned(scope),
            "run_id": "run-1",
            "step_key": "Webhook/0/0",
            "position": 0,
            "node": "Webhook",
            "kind": "stored",
            "status": "succeeded",
            "input_hash": "h",
            "output": [{"json": {}}],
            "attempt": 1,
            "started_at": now,
        }
        db.execute(insert(steps).values(**step))
        return made

    return await house.database.write("test", fill)


async def test_runs_are_listed_and_filtered(house: House, run_ids: list[str]) -> None:
    first = await get(house, "/runs", params={"limit": 2})
    second = await get(house, "/runs", params={"limit": 2, "before": first["next"]})
    assert [item["id"] for item in first["items"] + second["items"]] == run_ids[::-1]
    assert [item["id"] for item in (await get(house, "/runs", params={"status": "failed"}))["items"]] == ["run-2"]
    assert (await get(house, "/runs", params={"workflow": "other"}))["items"] == []
    assert first["items"][0]["error"]["message"] == "no"
    assert first["items"][0]["duration_ms"] == 250
    assert await problem(house, "/runs?status=odd") == (400, "api.invalid_request")


async def test_a_run_is_read_with_nodes_steps_children_and_its_releases_workflow(
    house: House, run_ids: list[str]
) -> None:
    run = await get(house, "/runs/run-1")
    assert run["workflow"]["id"] == "hello"
    assert run["order"] == ["Webhook"]
    [node_run] = run["nodes"]["Webhook"]
    assert (node_run["inputs"], node_run["outputs"]) == ([[{"json": {}}]], [[{"json": {"a": 1}}]])
    assert [step["key"] for step in run["steps"]] == ["Webhook/0/0"]
    assert [child["id"] for child in run["children"]] == ["run-2"]
    assert (await get(house, "/runs/run-0"))["workflow"] is None
    assert await problem(house, "/runs/none") == (404, "run.not_found")


async def test_another_project_is_not_found(house: House) -> None:
    assert await problem(house, "/conversations?project=flats") == (404, "project.not_served")
    assert (await get(house, "/conversations", params={"project": "taxi"}))["items"] == []


async def test_a_bot_without_such_a_channel_has_no_link(house: House) -> None:
    assert await problem(house, "/bots/taxi/link?channel=webchat") == (404, "channel.no_links")
    assert await problem(house, f"/bots/taxi/link?payload={'x' * 129}") == (400, "api.invalid_request")
