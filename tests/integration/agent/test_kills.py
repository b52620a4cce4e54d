"""A real process that is killed in the middle of the agent's turns: no answered request is made again, one ride.

The recorded steps of the dialogue, in order: 1 request, 2 quote, 3 request · 4 request · 5 request, 6 quote for the
summary · 7 and 8 steps inside the booking, 9 the booking.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.agent_script import ScriptedModel, booking_rules, scripted_model
from tests.chaos.dialogues import DIALOGUES, check_ride, tomorrow_at_eight
from tests.chaos.passengers import WebPassenger, talk
from tests.chaos.process import TapbotProcess
from tests.chaos.test_first_conversation import finish

REQUESTS = 4
"""Requests of the dialogue when nothing is killed."""
STEP = "journal.finish_step"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model(booking_rules(tomorrow_at_eight())) as served:
        yield served


@pytest.mark.parametrize(
    ("fault", "requests"),
    [
        ({"kill_after": f"{STEP}#1"}, REQUESTS),  # between the first request and its tool call
        ({"kill_after": f"{STEP}#2"}, REQUESTS),  # between the tool call and the second request
        ({"kill_after": f"{STEP}#3"}, REQUESTS),  # after the last request, before the reply was kept
        ({"kill_after": f"{STEP}#5"}, REQUESTS),  # between the call of the booking and its summary
        ({"kill_after": f"{STEP}#9"}, REQUESTS),  # booked, and nobody was told
        ({"kill_before": "turn.finish#4"}, REQUESTS),
        ({"kill_before": f"{STEP}#1"}, REQUESTS + 1),  # answered, but not yet recorded: asked again
    ],
    ids=str,
)
def test_a_killed_turn_goes_on_where_it_was(
    tmp_path: Path, model: ScriptedModel, fault: dict[str, str], requests: int
) -> None:
    server = TapbotProcess(tmp_path / "data", model.env)
    try:
        server.start(fault)
        passenger = WebPassenger(server)
        talk(passenger, DIALOGUES["ru"])
        assert server.starts == 2, "it was killed and started again"
        assert len(model.asked()) == requests
        finish(server, passenger)
    finally:
        server.kill()


def test_a_fallback_is_replayed_as_a_fallback(tmp_path: Path) -> None:
    """The failed request is recorded: the model is back when the turn goes on, and is not asked in it."""
    failing = {"then": {"status": 500}, "times": 1}
    with scripted_model([failing, *booking_rules(tomorrow_at_eight())]) as model:
        server = TapbotProcess(tmp_path / "data", {**model.env, "TAPBOT_MODELS__MAIN__ATTEMPTS": "1"})
        try:
            server.start({"kill_before": "turn.finish#1"})
            passenger = WebPassenger(server)
            [reply] = passenger.say(DIALOGUES["ru"][0])
            assert server.starts == 2
            assert "7\u00a0000" in reply["text"]
            assert len(model.asked()) == 1
            for message in DIALOGUES["ru"][1:]:
                passenger.say(message)
            check_ride(server.records("rides"))
        finally:
            server.kill()
