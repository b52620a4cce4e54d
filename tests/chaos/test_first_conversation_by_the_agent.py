"""The same bookings answered by a model: what the agent does survives the same kills, in the web chat and in Telegram.

The model is a scripted emulator with OpenAI's wire format. Here every second of the sampled writes is killed, since the
agent's library makes a start slower; `make prove-first` kills at each.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agent_script import ScriptedModel, booking_rules, scripted_model
from tests.chaos import test_first_conversation as web
from tests.chaos import test_first_conversation_in_telegram as in_telegram
from tests.chaos.dialogues import DIALOGUES, check_ride, tomorrow_at_eight
from tests.chaos.passengers import WebPassenger, talk
from tests.chaos.process import TapbotProcess
from tests.chaos.telegram import TelegramPassenger, connect, emulated_telegram

EVERY = web.EVERY if web.EVERY == 1 else web.EVERY * 2
pytestmark = pytest.mark.timeout(3000)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model(booking_rules(tomorrow_at_eight())) as answering:
        yield answering


@pytest.fixture
def server(tmp_path: Path, model: ScriptedModel) -> Iterator[TapbotProcess]:
    made = TapbotProcess(tmp_path / "data", model.env)
    yield made
    made.kill()


@pytest.mark.parametrize("language", DIALOGUES)
def test_a_booking_in_each_language_is_one_ride(server: TapbotProcess, model: ScriptedModel, language: str) -> None:
    server.start()
    passenger = WebPassenger(server, repeat=2)
    talk(passenger, DIALOGUES[language])
    web.finish(server, passenger)
    assert model.asked(), "the model answered, not the guided answerer"


def test_a_kill_after_each_message_loses_nothing(server: TapbotProcess) -> None:
    server.start()
    passenger = WebPassenger(server)
    for message in DIALOGUES["kk"]:
        passenger.say(message)
        server.kill()
        server.start()
    web.finish(server, passenger)


def test_a_kill_at_each_write_in_turn_loses_nothing_and_doubles_nothing(tmp_path: Path, model: ScriptedModel) -> None:
    trace = tmp_path / "trace"
    counted = TapbotProcess(tmp_path / "counted" / "data", model.env)
    try:
        counted.start({"trace": str(trace)})
        talk(WebPassenger(counted), DIALOGUES["ru"])
    finally:
        counted.kill()
    writes = len(trace.read_text().splitlines())
    points = [(moment, number) for number in range(1, writes + 1) for moment in ("kill_before", "kill_after")]
    for moment, number in points[::EVERY]:
        server = TapbotProcess(tmp_path / f"{moment}-{number}" / "data", model.env)
        try:
            server.start({moment: f"#{number}"})
            server.revive()
            passenger = WebPassenger(server)
            talk(passenger, DIALOGUES["ru"])
            web.finish(server, passenger)
        except AssertionError as error:
            raise AssertionError(f"{moment} write {number} of {writes}: {error}") from error
        finally:
            server.kill()
    print(f"agent: writes in a booking: {writes}; points tried: {len(points[::EVERY])}")


def test_a_kill_at_a_random_time_loses_nothing(tmp_path: Path, model: ScriptedModel) -> None:
    chance = random.Random(7)  # noqa: S311  # a kill schedule that can be replayed
    for number in range(web.KILLS // 2):
        server = TapbotProcess(tmp_path / str(number) / "data", model.env)
        passenger = WebPassenger(server)
        try:
            server.start()
            timer = threading.Timer(chance.uniform(0.01, 0.8), server.kill)
            timer.start()
            talk(passenger, DIALOGUES["en"])
            timer.join()
            server.revive()
            web.finish(server, passenger)
        finally:
            server.kill()


def test_one_in_telegram_and_one_in_the_web_chat_get_a_ride_each(server: TapbotProcess) -> None:
    with emulated_telegram() as telegram:
        connect(server, telegram, "polling")
        server.start()
        here, there = WebPassenger(server), TelegramPassenger(server, telegram)
        talking = threading.Thread(target=talk, args=(here, DIALOGUES["en"]))
        talking.start()
        in_telegram.book(there, "ru")
        talking.join()
        check_ride(server.records("rides"), count=2)
        server.kill()


def test_a_booking_in_telegram_survives_a_kill_after_each_message(server: TapbotProcess) -> None:
    with emulated_telegram() as telegram:
        connect(server, telegram, "webhook")
        server.start()
        passenger = TelegramPassenger(server, telegram)
        for message in DIALOGUES["ru"]:
            passenger.say(message)
            server.kill()
            server.start()
        in_telegram.finish(server, passenger)
