"""The same booking over Telegram: exactly one ride and no reply lost, whatever is killed or delivered twice.

A reply is never seen twice: one that a kill left in doubt waits for a person, who looks into the chat and decides
(`tapbot messages`): Telegram takes no key that would tell a repeat. Here every
`TAPBOT_PROVE_EVERY`-th write is killed (default 29).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from itertools import cycle, product
from pathlib import Path

import pytest
from tests.chaos.checks import check_journal, said_by_bot, wait_quiet
from tests.chaos.dialogues import DIALOGUES, check_ride
from tests.chaos.passengers import WebPassenger, talk
from tests.chaos.process import TapbotProcess
from tests.chaos.telegram import MODES, TelegramPassenger, connect, emulated_telegram, order_duplicates
from tests.chaos.test_first_conversation import EVERY, KILLS, LAST_WRITES

YES = {"ru": "Да", "kk": "Иә", "en": "Yes"}
PAIRS = list(product(MODES, DIALOGUES)) if EVERY == 1 else list(zip(cycle(MODES), DIALOGUES, strict=False))
each_language = pytest.mark.parametrize(("server", "language"), PAIRS, indirect=["server"])
"""`make prove-first` tries each language in each mode, the gate each language in one."""
pytestmark = pytest.mark.timeout(3000)


@pytest.fixture
def telegram() -> Iterator[str]:
    with emulated_telegram() as address:
        yield address


@pytest.fixture(params=MODES)
def server(request: pytest.FixtureRequest, tmp_path: Path, telegram: str) -> Iterator[TapbotProcess]:
    made = TapbotProcess(tmp_path / "data")
    connect(made, telegram, request.param)
    yield made
    made.kill()


def finish(server: TapbotProcess, passenger: TelegramPassenger) -> None:
    """Look at everything: the ride, what was seen, and the journal."""
    wait_quiet(server.data)
    if server.revive():  # killed at a write that came after the last reply
        wait_quiet(server.data)
    if server.decide_doubts(passenger.has):
        wait_quiet(server.data)
    check_ride(server.records("rides"))
    said, heard = said_by_bot(server.data, passenger.chat_id), passenger.heard
    assert len(said) >= len(DIALOGUES["ru"])
    assert heard == said, "every reply is seen, in order, and once"
    server.stop()
    check_journal(server.data)


def book(passenger: TelegramPassenger, language: str = "ru") -> None:
    """Hold the dialogue."""
    for message in DIALOGUES[language]:
        passenger.say(message)


@each_language
def test_a_booking_in_each_language_is_one_ride(server: TapbotProcess, telegram: str, language: str) -> None:
    server.start()
    passenger = TelegramPassenger(server, telegram)
    book(passenger, language)
    finish(server, passenger)


@each_language
def test_the_yes_may_be_a_pressed_button(server: TapbotProcess, telegram: str, language: str) -> None:
    server.start()
    passenger = TelegramPassenger(server, telegram)
    for message in DIALOGUES[language][:-1]:
        passenger.say(message)
    passenger.press(YES[language])
    assert [press["answered"] for press in passenger.presses] == [True], "the button stops waiting"
    finish(server, passenger)


def test_updates_delivered_twice_count_once(server: TapbotProcess, telegram: str) -> None:
    server.start()
    order_duplicates(telegram)
    passenger = TelegramPassenger(server, telegram)
    for message in DIALOGUES["ru"][:-1]:
        passenger.say(message)
    passenger.press("Да")
    finish(server, passenger)


@each_language
def test_a_kill_after_each_message_loses_nothing(server: TapbotProcess, telegram: str, language: str) -> None:
    server.start()
    passenger = TelegramPassenger(server, telegram)
    for message in DIALOGUES[language]:
        passenger.say(message)
        server.kill()
        server.start()
    finish(server, passenger)


def test_messages_written_while_the_server_is_down_are_answered_when_it_is_back(
    server: TapbotProcess, telegram: str
) -> None:
    server.start()
    passenger = TelegramPassenger(server, telegram)
    for message in DIALOGUES["kk"]:
        server.kill()  # `say` revives it, after the message was written
        passenger.say(message)
    assert server.starts == 1 + len(DIALOGUES["kk"])
    finish(server, passenger)


def count_writes(tmp_path: Path, telegram: str, mode: str) -> int:
    """How many writes a clean booking makes, the start included."""
    server = TapbotProcess(tmp_path / f"counted-{mode}" / "data")
    connect(server, telegram, mode)
    trace = tmp_path / f"trace-{mode}"
    try:
        server.start({"trace": str(trace)})
        passenger = TelegramPassenger(server, telegram, user_id=1)
        book(passenger)
        finish(server, passenger)
    finally:
        server.kill()
    return len(trace.read_text().splitlines())


@pytest.mark.parametrize("mode", MODES)
def test_a_kill_at_each_write_in_turn_loses_nothing_and_doubles_nothing(tmp_path: Path, mode: str) -> None:
    with emulated_telegram() as telegram:
        writes = count_writes(tmp_path, telegram, mode)
    assert writes > 20
    points = [(moment, number) for number in range(1, writes + 1) for moment in ("kill_before", "kill_after")]
    missed: list[int] = []
    for moment, number in points[::EVERY]:
        server = TapbotProcess(tmp_path / f"{moment}-{number}" / "data")
        try:
            with emulated_telegram() as telegram:
                connect(server, telegram, mode)
                server.start({moment: f"#{number}"})
                server.revive()
                passenger = TelegramPassenger(server, telegram)
                book(passenger)
                finish(server, passenger)
                if server.starts == 1:
                    missed.append(number)
        except AssertionError as error:
            raise AssertionError(f"{moment} write {number} of {writes}: {error}") from error
        finally:
            server.kill()
    print(f"{mode}: writes in a booking: {writes}; points tried: {len(points[::EVERY])}; never reached: {missed}")
    assert all(number > writes - LAST_WRITES for number in missed)


@pytest.mark.parametrize("mode", MODES)
def test_kills_at_random_times_lose_nothing(tmp_path: Path, mode: str) -> None:
    chance = random.Random(f"20261122 {mode}")  # noqa: S311  # a kill schedule that can be replayed
    for number in range(KILLS):
        server = TapbotProcess(tmp_path / str(number) / "data")
        try:
            with emulated_telegram() as telegram:
                connect(server, telegram, mode)
                server.start()
                passenger = TelegramPassenger(server, telegram)
                timer = threading.Timer(chance.uniform(0.01, 0.6), server.kill)
                timer.start()
                book(passenger, chance.choice(list(DIALOGUES)))
                timer.join()
                server.revive()
                finish(server, passenger)
        finally:
            server.kill()


def test_a_passenger_in_telegram_and_one_in_the_web_chat_get_a_ride_each(server: TapbotProcess, telegram: str) -> None:
    server.start()
    writer, visitor = TelegramPassenger(server, telegram), WebPassenger(server)
    threads = [
        threading.Thread(target=book, args=(writer, "ru")),
        threading.Thread(target=talk, args=(visitor, DIALOGUES["kk"])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_quiet(server.data)
    check_ride(server.records("rides"), count=2)
    assert writer.heard == said_by_bot(server.data, writer.chat_id)
    assert [said["text"] for said in visitor.history() if said["author"] == "bot"] == visitor.heard
    server.stop()
    check_journal(server.data)
