"""The booking dialogue of the first conversation, held by a model: one ride, after a yes and not before."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.agent_script import booking_rules, call
from tests.chaos.dialogues import DIALOGUES
from tests.integration.agent.world import TOMORROW_8, check_ride, open_world

RIDE = {"from_city": "Алматы", "to_city": "Тараз", "departs_at": "2026-03-05T08:00", "seats": 2}
BOOK = call("book", **RIDE, phone="+7 701 123-45-67")
LANGUAGE_OF_SUMMARY = {"ru": "Бронируем?", "kk": "Брондайын ба?", "en": "Shall I book it?"}


@pytest.mark.parametrize("language", DIALOGUES)
async def test_the_dialogue_ends_in_one_ride(tmp_path: Path, language: str) -> None:
    async with open_world(tmp_path, *booking_rules(TOMORROW_8)) as world:
        price, _, summary, done = [await world.say(text) for text in DIALOGUES[language]]
        [ride] = await world.records("rides")
        check_ride(ride)
        assert "7000" in price
        assert LANGUAGE_OF_SUMMARY[language] in summary
        assert ride["number"] in done
        assert ride["language"] == language
        assert len(await world.asked()) == 4, "the yes needs no model"
        assert world.fallbacks() == []


async def test_nothing_is_booked_before_the_yes(tmp_path: Path) -> None:
    async with open_world(tmp_path, {"then": BOOK}) as world:
        assert "Бронируем?" in await world.say("Из Алматы в Тараз завтра в 8, двое, +77011234567")
        assert list(world.buttons) == ["Да", "Нет"]
        assert await world.records("rides") == []
        await world.press("Да")
        check_ride((await world.records("rides"))[0])


async def test_a_yes_pressed_twice_books_once(tmp_path: Path) -> None:
    async with open_world(tmp_path, {"then": BOOK}) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, +77011234567")
        yes = world.buttons["Да"]
        assert "TX-" in await world.say(value=yes)
        assert "уже не действует" in await world.say(value=yes)
        assert len(await world.records("rides")) == 1


async def test_a_yes_to_older_arguments_does_not_book_the_newer(tmp_path: Path) -> None:
    later = call("book", **{**RIDE, "departs_at": "2026-03-05T09:00"}, phone="87011234567")
    async with open_world(tmp_path, {"when": {"text": "на 9"}, "then": later}, {"then": BOOK}) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, +77011234567")
        old_yes = world.buttons["Да"]
        assert "09:00" in await world.say("Да, но на 9")
        again = await world.say(value=old_yes)
        assert "уже не действует" in again
        assert "09:00" in again
        assert await world.records("rides") == []
        await world.press("Да")
        [ride] = await world.records("rides")
        assert "T09:00" in str(ride["departs_at"])


async def test_a_no_goes_back_to_the_model(tmp_path: Path) -> None:
    rules = [{"when": {"text": "^Нет$"}, "then": {"content": "Хорошо, не бронирую."}}, {"then": BOOK}]
    async with open_world(tmp_path, *rules) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, +77011234567")
        assert await world.press("Нет") == "Хорошо, не бронирую."
        assert await world.records("rides") == []
        last = (await world.asked())[-1]["messages"]
        assert "did not simply agree" in last[-2]["content"]


async def test_a_yes_in_other_words_books_when_the_model_asks_for_the_same_call_again(tmp_path: Path) -> None:
    rules = [{"when": {"tool": "book", "tool_result": "booked"}, "then": {"content": "Есть!"}}, {"then": BOOK}]
    async with open_world(tmp_path, *rules) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, +77011234567")
        assert await world.say("да, бронируйте нам") == "Есть!"
        [ride] = await world.records("rides")
        assert str(ride["request_id"]).endswith(":1")


async def test_a_known_phone_is_filled_in_and_only_its_end_is_shown_to_the_model(tmp_path: Path) -> None:
    again = call("book", **{**RIDE, "departs_at": "2026-03-06T10:00"})
    async with open_world(tmp_path, {"when": {"text": "ещё раз"}, "then": again}, {"then": BOOK}) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, +77011234567")
        await world.say("да")
        await world.say("ещё раз, послезавтра в 10")
        assert "…4567" in (await world.asked())[-1]["messages"][0]["content"]
        await world.say("да")
        assert [ride["phone"] for ride in await world.records("rides")] == ["+77011234567"] * 2


async def test_a_ride_is_changed_and_cancelled_after_a_yes_each(tmp_path: Path) -> None:
    rules = [
        {"when": {"text": "перенесите"}, "then": call("change", number="TX-1001", departs_at="2026-03-05T10:00")},
        {"when": {"text": "отмените"}, "then": call("cancel", number="tx-1001")},
        {"then": BOOK},
    ]
    async with open_world(tmp_path, *rules) as world:
        await world.say("Из Алматы в Тараз завтра в 8, двое, +77011234567")
        await world.say("да")
        assert "10:00" in await world.say("перенесите на 10")
        assert "TX-1001" in await world.say("да")
        assert "T10:00" in str((await world.records("rides"))[0]["departs_at"])
        assert "Отменить поездку" in await world.say("отмените")
        await world.press("Да")
        [ride] = await world.records("rides")
        assert ride["status"] == "cancelled"
