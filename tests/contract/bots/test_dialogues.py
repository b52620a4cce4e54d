"""Whole dialogues with the taxi bot in Kazakh, Russian and English, over real tools in memory."""

from __future__ import annotations

import json

import pytest
from tests.contract.bots.taxi_world import (
    BOOKING,
    SUMMARY,
    Chat,
    TaxiTools,
    booked_chat,
    taxi_bot,
    taxi_knowledge,
    taxi_texts,
)

from tapbot.bots.guided import answer
from tapbot.bots.types import TurnInput


@pytest.mark.parametrize("language", BOOKING)
async def test_a_question_for_the_price_ends_in_one_booking(language: str) -> None:
    chat = Chat()
    price, when, phone, yes = BOOKING[language]
    assert "7\u00a0000\u00a0₸" in await chat.say(price)
    await chat.say(when)
    assert chat.state["asked"] == "phone"
    summary = await chat.say(phone)
    for shown in (SUMMARY[language], "+7 701 123 4567", "14\u00a0000\u00a0₸"):
        assert shown in summary
    assert chat.offered() == ["confirm:yes", "confirm:change", "confirm:no"]
    assert "R-1001" in await chat.say(yes)
    assert chat.language == language
    [ride] = chat.tools.rides
    assert {name: ride[name] for name in ("from_city", "to_city", "departs_at", "seats", "phone", "status")} == {
        "from_city": "almaty",
        "to_city": "taraz",
        "departs_at": "2026-03-05T08:00:00+05:00",
        "seats": 2,
        "phone": "+77011234567",
        "status": "booked",
    }
    assert chat.last is not None
    assert chat.last.contact == {"phone": "+77011234567"}


async def test_a_booking_by_buttons_alone() -> None:
    chat = Chat()
    await chat.say("привет")
    await chat.press("intent:book")
    await chat.press("slot:from_city:almaty")
    await chat.press("slot:to_city:taraz")
    await chat.press("slot:departs_at:2026-03-05")
    await chat.press("slot:departs_at:T08:00")
    await chat.press("slot:seats:2")
    await chat.say("8 701 123 45 67")
    await chat.press("confirm:yes")
    assert len(chat.tools.rides) == 1


async def test_everything_in_one_message_goes_straight_to_the_summary() -> None:
    chat = Chat()
    summary = await chat.say("Такси из Алматы в Тараз завтра в 8 утра, 2 места, 87011234567")
    assert "14\u00a0000" in summary
    assert chat.state["asked"] == "confirm"


async def test_a_burst_of_messages_is_answered_once() -> None:
    chat = Chat()
    reply = await chat.say("Здравствуйте", "нужно такси из Алматы в Тараз", "завтра в 8", "нас двое", "87011234567")
    assert "14\u00a0000" in reply
    assert chat.last is not None
    assert len(chat.last.replies) == 1


async def test_a_yes_in_a_burst_does_not_confirm_what_was_not_shown() -> None:
    chat = Chat()
    await chat.say("нужно такси из Алматы в Тараз завтра в 8 двоим")
    await chat.say("87011234567", "да")
    assert chat.tools.rides == []
    assert chat.state["asked"] == "confirm"


async def test_a_correction_after_the_yes_of_a_burst_is_shown_before_booking() -> None:
    chat = Chat()
    for line in BOOKING["ru"][:3]:
        await chat.say(line)
    summary = await chat.say("да", "ой, нет, на 9 утра")
    assert chat.tools.rides == []
    assert "09:00" in summary


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("нет, не в 8, а в 9", "09:00"),
        ("на троих", "21\u00a0000"),
        ("подождите, не в Тараз, а в Шымкент", "Шымкент"),
        ("лучше послезавтра", "6 марта"),
        ("телефон другой: 87077654321", "+7 707 765 4321"),
    ],
)
async def test_a_correction_at_the_summary_changes_it(line: str, shown: str) -> None:
    chat = Chat()
    for said in BOOKING["ru"][:3]:
        await chat.say(said)
    assert shown in await chat.say(line)
    assert chat.state["asked"] == "confirm"
    await chat.say("да")
    assert len(chat.tools.rides) == 1


@pytest.mark.parametrize("digits", ["123", "8701", "12-34"])
async def test_digits_that_are_no_number_to_call_are_told_so_where_a_phone_is_asked(digits: str) -> None:
    chat = Chat()
    await chat.say("такси из Алматы в Тараз завтра в 8 утра, двое")
    assert chat.state["asked"] == "phone"
    assert taxi_texts()["bad.phone"]["ru"] in await chat.say(digits)
    assert chat.state["asked"] == "phone"


@pytest.mark.parametrize("word", ["один", "бір", "біреу", "one", "1", "одно"])
async def test_a_bare_one_is_one_seat_where_seats_are_asked(word: str) -> None:
    chat = Chat()
    await chat.say("такси из Алматы в Тараз завтра в 8 утра")
    assert chat.state["asked"] == "seats"
    await chat.say(word)
    assert chat.state["slots"]["seats"] == 1


@pytest.mark.parametrize(
    ("language", "line", "time"),
    [
        ("ru", "нет, не в 8, а в 9", "09:00"),
        ("kk", "жоқ, 8-де емес, 9-да", "09:00"),
        ("en", "no, not at 8 but at 9", "09:00"),
    ],
)
async def test_a_correction_in_the_middle_of_the_form(language: str, line: str, time: str) -> None:
    chat = Chat()
    await chat.say(BOOKING[language][0])
    await chat.say(BOOKING[language][1])
    await chat.say(line)
    assert chat.state["slots"]["departs_at"]["time"] == time
    assert chat.state["asked"] == "phone"


async def test_the_change_button_asks_what_and_then_its_value() -> None:
    chat = Chat()
    for line in BOOKING["ru"][:3]:
        await chat.say(line)
    await chat.press("confirm:change")
    await chat.press("edit:seats")
    assert "21\u00a0000" in await chat.press("slot:seats:3")


async def test_no_at_the_summary_asks_what_to_change_and_books_nothing() -> None:
    chat = Chat()
    for line in BOOKING["ru"][:3]:
        await chat.say(line)
    await chat.say("нет")
    assert "edit:departs_at" in chat.offered()
    assert chat.tools.rides == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("сегодня в 9 утра", "уже прошло"),
        ("10 августа в 8 утра", "на 60 дней"),
    ],
)
async def test_a_wrong_moment_is_explained_and_asked_again(line: str, problem: str) -> None:
    chat = Chat()
    await chat.say("такси из Алматы в Тараз на двоих")
    assert problem in await chat.say(line)
    assert chat.state["asked"] == "departs_at"


async def test_too_many_seats_are_explained_and_asked_again() -> None:
    chat = Chat()
    await chat.say("такси из Алматы в Тараз завтра в 8")
    assert "от 1 до 7" in await chat.say("9")
    assert chat.state["asked"] == "seats"


async def test_a_malformed_phone_is_explained_and_asked_again() -> None:
    chat = Chat()
    await chat.say("такси из Алматы в Тараз завтра в 8 двоим")
    assert "ошибка" in await chat.say("8701123")
    assert chat.state["asked"] == "phone"


async def test_the_same_city_twice_is_explained() -> None:
    chat = Chat()
    await chat.say("нужно такси из Алматы")
    assert "того же города" in await chat.say("в Алматы")
    assert chat.state["asked"] == "to_city"


async def test_a_route_that_is_not_served_is_said() -> None:
    chat = Chat()
    assert "не ездим" in await chat.say("сколько стоит из Алматы до Актау?")
    assert chat.state["asked"] == "to_city"


async def test_no_free_seats_are_said_before_the_summary() -> None:
    chat = Chat(TaxiTools(free_seats=1))
    for line in BOOKING["ru"][:2]:
        await chat.say(line)
    assert "осталось: 1" in await chat.say("87011234567")
    assert chat.state["asked"] == "departs_at"


@pytest.mark.parametrize(
    ("start", "question", "said", "title"),
    [
        ("такси из Алматы в Тараз завтра в 8", "а собаку можно взять?", "переноске", "Животные"),
        ("Алматыдан Таразға ертең таңғы 8-де көлік керек", "жүк алуға бола ма?", "чемодан", "Жүк"),
        ("taxi from Almaty to Taraz tomorrow at 8 am", "is there a child seat?", "booster", "Children"),
    ],
)
async def test_a_question_in_the_form_is_answered_with_its_source_and_the_form_goes_on(
    start: str, question: str, said: str, title: str
) -> None:
    chat = Chat(TaxiTools(passages=taxi_knowledge()))
    await chat.say(start)
    reply = await chat.say(question)
    assert said in reply
    assert title in reply
    assert chat.state["asked"] == "seats"


@pytest.mark.parametrize(
    ("line", "language"),
    [("сколько багажа можно взять?", "ru"), ("картамен төлеуге бола ма?", "kk"), ("can I smoke in the car?", "en")],
)
async def test_a_question_is_answered_from_a_page_in_its_language(line: str, language: str) -> None:
    chat = Chat(TaxiTools(passages=taxi_knowledge()))
    assert "📄" in await chat.say(line)
    assert chat.language == language


async def test_what_is_not_known_is_said_and_a_person_is_offered() -> None:
    chat = Chat(TaxiTools(passages=taxi_knowledge()))
    await chat.say("кто выиграл матч вчера?")
    assert chat.offered() == ["person:yes", "person:no"]
    again = await chat.say("спой мне песню")
    assert "Опять" in again
    assert "intent:person" in chat.offered()
    await chat.press("intent:person")
    assert chat.last is not None
    assert chat.last.handoff == "asked"


@pytest.mark.parametrize("line", ["да", "иә", "yes"])
async def test_a_yes_to_the_offer_of_a_person_calls_one(line: str) -> None:
    chat = Chat()
    await chat.say("расскажи анекдот")
    await chat.say(line)
    assert chat.last is not None
    assert chat.last.handoff == "asked"


@pytest.mark.parametrize("line", ["позовите оператора", "операторды шақырыңызшы", "let me talk to a human"])
async def test_a_person_is_called_at_any_time(line: str) -> None:
    chat = Chat()
    await chat.say("такси из Алматы в Тараз завтра в 8")
    await chat.say(line)
    assert chat.last is not None
    assert chat.last.handoff == "asked"


@pytest.mark.parametrize(
    ("start", "line"),
    [
        ("такси из Алматы в Тараз завтра в 8", "отмена, передумал"),
        ("Алматыдан Таразға такси керек", "керек емес, бас тартамын"),
        ("taxi from Almaty to Taraz", "never mind, cancel"),
    ],
)
async def test_a_form_can_be_left(start: str, line: str) -> None:
    chat = Chat()
    await chat.say(start)
    await chat.say(line)
    assert "flow" not in chat.state
    assert chat.tools.rides == []


async def test_the_language_follows_the_passenger() -> None:
    chat = Chat()
    await chat.say("Здравствуйте, сколько стоит до Тараза из Алматы?")
    await chat.say("ертең таңғы сегізде, екеуміз")
    assert chat.language == "kk"
    assert "Тексеріп" in await chat.say("87011234567")
    assert "booking number" in await chat.say("yes, book it please")


async def test_a_button_of_an_older_question_does_nothing() -> None:
    chat = await booked_chat()
    assert "уже не действует" in await chat.say(value="confirm:yes")
    assert len(chat.tools.rides) == 1


async def test_a_failed_tool_is_told_and_can_be_tried_again() -> None:
    chat = Chat()
    for line in BOOKING["ru"][:3]:
        await chat.say(line)
    chat.tools.broken = True
    assert "не сработало" in await chat.say("да")
    assert "confirm:yes" in chat.offered()
    chat.tools.broken = False
    await chat.press("confirm:yes")
    assert len(chat.tools.rides) == 1


async def test_a_known_phone_is_offered_as_a_button() -> None:
    chat = await booked_chat()
    await chat.say("такси из Алматы в Шымкент послезавтра в 9 на двоих")
    assert chat.offered() == ["slot:phone:+77011234567"]


async def test_button_values_fit_a_messenger() -> None:
    chat = Chat()
    for line in BOOKING["kk"]:
        await chat.say(line)
        assert all(len(value.encode()) <= 64 for value in chat.offered())


async def test_a_turn_that_is_replayed_gives_the_same_answer_and_calls() -> None:
    chat = Chat()
    for line in BOOKING["ru"][:3]:
        await chat.say(line)
    turn = TurnInput("conversation-1", 4, "ru", chat.state, [{"text": "да", "value": None}], chat.contact)
    first, second = TaxiTools(), TaxiTools()
    assert await answer(taxi_bot(), turn, first) == await answer(taxi_bot(), turn, second)
    assert first.calls == second.calls


async def test_the_state_is_json() -> None:
    chat = Chat()
    for line in BOOKING["ru"]:
        await chat.say(line)
        assert json.loads(json.dumps(chat.state)) == chat.state


async def test_an_empty_message_is_not_understood() -> None:
    await (chat := Chat()).say("")
    assert "person:yes" in chat.offered()


async def test_thanks_are_answered_without_asking_again() -> None:
    chat = await booked_chat()
    assert "Пожалуйста" in await chat.say("спасибо большое!")
