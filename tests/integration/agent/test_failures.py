"""Each way in which a model fails: the guided answerer answers the same turn, and nothing is done twice."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.agent_script import KEY, Rule, call
from tests.chaos.process import free_port
from tests.integration.agent.world import check_ride, open_world

from tapbot.project.load import read_workflow_file
from tapbot.project.types import Project

ASK = "Здравствуйте, сколько стоит до Тараза из Алматы?"
QUOTE = call("quote", from_city="Алматы", to_city="Тараз")
MALFORMED = {"tool_calls": [{"name": "quote", "arguments": '{"from_city": "Алм'}]}
NO_OBJECT = {"tool_calls": [{"name": "quote", "arguments": "[1, 2]"}]}
UNKNOWN = call("launch_rocket", target="moon")

FAILING: dict[str, tuple[Rule, str]] = {
    "500": ({"status": 500}, "agent.down"),
    "429 with a long wait": ({"status": 429, "retry_after_seconds": 120}, "agent.busy"),
    "401": ({"status": 401, "message": f"Incorrect API key provided: {KEY}"}, "agent.refused"),
    "a cut answer": ({"content": "Цена " * 50, "cut_after": 1}, "agent.no_reply"),
    "malformed arguments again and again": (MALFORMED, "agent.malformed"),
    "arguments that are no object": (NO_OBJECT, "agent.malformed"),
    "an unknown tool again and again": (UNKNOWN, "agent.malformed"),
    "an empty answer": ({"content": ""}, "agent.malformed"),
    "an endless loop of calls": (QUOTE, "agent.limit"),
    "wrong values again and again": (call("quote", from_city="Атлантида", to_city="Тараз"), "agent.tool_errors"),
}


@pytest.mark.parametrize("name", FAILING)
async def test_the_guided_answerer_takes_over(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    then, code = FAILING[name]
    async with open_world(tmp_path, {"then": then}, attempts=2, request_limit=5) as world:
        assert "7\u00a0000" in await world.say(ASK)
        assert world.fallbacks() == [code]
        assert KEY not in str(world.steps())
    told = capfd.readouterr()
    assert KEY not in told.out + told.err
    assert code in told.out + told.err, "the reason is logged"


async def test_a_dead_endpoint_is_not_waited_for(tmp_path: Path) -> None:
    async with open_world(tmp_path, base_url=f"http://127.0.0.1:{free_port()}/v1", attempts=2) as world:
        assert "7\u00a0000" in await world.say(ASK)
        assert world.fallbacks() == ["agent.no_reply"]


async def test_an_address_that_the_guard_refuses_is_not_asked(tmp_path: Path) -> None:
    async with open_world(tmp_path, base_url="http://192.0.2.1.invalid/v1", attempts=1) as world:
        await world.say(ASK)
        assert len(world.fallbacks()) == 1


async def test_a_model_that_hangs_is_given_up_in_time(tmp_path: Path) -> None:
    async with open_world(tmp_path, {"then": {"hang": True}}, timeout_seconds=5, turn_seconds=0.5) as world:
        began = time.monotonic()
        assert "7\u00a0000" in await world.say(ASK)
        assert time.monotonic() - began < 10
        assert world.fallbacks() == ["agent.out_of_time"]


async def test_a_short_wait_that_the_endpoint_asks_for_is_kept_to(tmp_path: Path) -> None:
    busy = {"then": {"status": 429, "retry_after_seconds": 1}, "times": 1}
    async with open_world(tmp_path, busy, {"then": {"content": "Слушаю вас."}}) as world:
        began = time.monotonic()
        assert await world.say("Здравствуйте") == "Слушаю вас."
        assert time.monotonic() - began >= 1
        assert world.fallbacks() == []
        assert len(await world.asked()) == 2


@pytest.mark.parametrize(
    "first", [MALFORMED, NO_OBJECT, UNKNOWN, call("quote", from_city="Атлантида", to_city="Тараз")]
)
async def test_a_model_may_correct_itself(tmp_path: Path, first: Rule) -> None:
    rules = [
        {"when": {"tool_result": "price_kzt"}, "then": {"content": "7000"}},
        {"then": first, "times": 1},
        {"then": QUOTE},
    ]
    async with open_world(tmp_path, *rules) as world:
        assert await world.say(ASK) == "7000"
        assert world.fallbacks() == []


def with_broken_tool(project: Project) -> Project:
    """`complain` reads a collection that is not there."""
    files = tuple(file for file in project.workflow_files if file.workflow_id != "complain")
    broken = next(file for file in project.workflow_files if file.workflow_id == "complain")
    raw = json.dumps(broken.raw).replace('"complaints"', '"no_such_collection"').encode()
    return replace(project, workflow_files=(*files, read_workflow_file(broken.path, raw)))


async def test_a_failed_tool_is_told_to_the_model(tmp_path: Path) -> None:
    rules = [
        {"when": {"tool": "complain", "tool_result": "failed"}, "then": {"content": "Сейчас не получилось."}},
        {"then": call("complain", text="Водитель опоздал")},
    ]
    async with open_world(tmp_path, *rules, change=with_broken_tool) as world:
        assert await world.say("Водитель опоздал") == "Сейчас не получилось."
        assert world.fallbacks() == []


async def test_the_form_goes_on_from_what_the_model_had_collected(tmp_path: Path) -> None:
    rules = [
        {"when": {"tool": "quote"}, "then": {"content": "7000 за место. Когда едем?"}, "times": 1},
        {"when": {"turn": 1}, "then": QUOTE, "times": 1},
        {"then": {"status": 500}},
    ]
    async with open_world(tmp_path, *rules, attempts=1) as world:
        assert "7000" in await world.say(ASK)
        assert "телефон" in await world.say("нас двое, завтра в 8 утра")
        assert "Бронируем?" in await world.say("87011234567")
        assert "TX-1001" in await world.say("да")
        [ride] = await world.records("rides")
        check_ride(ride)


async def test_a_booking_that_was_made_is_told_although_the_model_dies(tmp_path: Path) -> None:
    book = call(
        "book", from_city="Алматы", to_city="Тараз", departs_at="2026-03-05T08:00", seats=2, phone="87011234567"
    )
    rules = [
        {"when": {"tool": "book", "tool_result": "booked"}, "then": {"status": 500}},
        {"then": book},
    ]
    async with open_world(tmp_path, *rules, attempts=1) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, 87011234567")
        # Not a plain yes, so that the model is asked: it makes the call, and dies before it can tell.
        assert "TX-1001" in await world.say("да, поехали скорее")
        assert len(await world.records("rides")) == 1
        await world.say("да")
        assert len(await world.records("rides")) == 1
        assert "agent.down" in world.fallbacks()


async def test_a_complaint_is_written_down_once_although_the_model_dies(tmp_path: Path) -> None:
    text = "Хочу пожаловаться: водитель грубил и курил всю дорогу до Тараза"
    rules = [
        {"when": {"tool": "complain"}, "then": {"status": 500}},
        {"then": call("complain", text="Водитель грубил и курил")},
    ]
    async with open_world(tmp_path, *rules, attempts=1) as world:
        said = await world.say(text)
        [complaint] = await world.records("complaints")
        assert str(complaint["number"]) in said


async def test_a_summary_that_waits_can_be_accepted_without_the_model(tmp_path: Path) -> None:
    book = call(
        "book", from_city="Алматы", to_city="Тараз", departs_at="2026-03-05T08:00", seats=2, phone="87011234567"
    )
    async with open_world(tmp_path, {"then": book, "times": 1}, {"then": {"status": 500}}, attempts=1) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, 87011234567")
        assert "TX-1001" in await world.press("Да")
        check_ride((await world.records("rides"))[0])
        assert world.fallbacks() == []


async def test_a_change_of_mind_is_understood_without_the_model(tmp_path: Path) -> None:
    book = call(
        "book", from_city="Алматы", to_city="Тараз", departs_at="2026-03-05T09:00", seats=2, phone="87011234567"
    )
    async with open_world(tmp_path, {"then": book, "times": 1}, {"then": {"status": 500}}, attempts=1) as world:
        await world.say("Из Алматы в Тараз завтра в 9, двое, 87011234567")
        assert "08:00" in await world.say("нет, лучше в 8 утра")
        await world.press("Да")
        [ride] = await world.records("rides")
        check_ride(ride)
