"""The first conversation, in WhatsApp: in three languages, with a dead server, doubled calls and lost answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chaos.checks import check_journal, said_by_bot, wait_quiet
from tests.chaos.dialogues import DIALOGUES, check_ride
from tests.chaos.process import TapbotProcess
from tests.chaos.whatsapp import WhatsappPassenger, connect, emulated_whatsapp, order

YES = {"ru": "Да", "kk": "Иә", "en": "Yes"}
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def whatsapp() -> Iterator[str]:
    with emulated_whatsapp() as address:
        yield address


@pytest.fixture
def server(tmp_path: Path, whatsapp: str) -> Iterator[TapbotProcess]:
    made = TapbotProcess(tmp_path / "data")
    connect(made, whatsapp)
    yield made
    made.kill()


def finish(server: TapbotProcess, passenger: WhatsappPassenger) -> None:
    """Look at everything: the ride, what was seen, and the journal."""
    wait_quiet(server.data)
    if server.revive():
        wait_quiet(server.data)
    if server.decide_doubts(passenger.has):
        wait_quiet(server.data)
    check_ride(server.records("rides"))
    said, heard = said_by_bot(server.data, passenger.chat_id), passenger.heard
    assert heard == said, "every reply is seen, in order, and once"
    server.stop()
    check_journal(server.data)


@pytest.mark.parametrize(("killed_after", "language"), list(enumerate(DIALOGUES)))
def test_a_booking_with_a_kill_after_one_of_its_messages_is_one_ride(
    server: TapbotProcess, whatsapp: str, language: str, killed_after: int
) -> None:
    server.start()
    passenger = WhatsappPassenger(server, whatsapp)
    for number, message in enumerate(DIALOGUES[language][:-1]):
        passenger.say(message)
        if number == killed_after:
            server.kill()
            server.start()
    passenger.press(YES[language])
    finish(server, passenger)


def test_doubled_and_swapped_calls_and_lost_answers_double_nothing(server: TapbotProcess, whatsapp: str) -> None:
    server.start()
    passenger = WhatsappPassenger(server, whatsapp)
    order(whatsapp, kind="duplicate", count=1000)
    for message in DIALOGUES["ru"][:-1]:
        order(whatsapp, kind="lost_answer", method="messages", count=1)
        passenger.say(message)
    passenger.press("Да")
    finish(server, passenger)
