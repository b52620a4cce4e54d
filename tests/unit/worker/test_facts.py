"""Which events start a workflow, and how far a trigger has come with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapbot.errors import InvalidInput
from tapbot.events.types import Event
from tapbot.nodes.data_trigger.node import DataTriggerParams, upgrade
from tapbot.scheduler.facts import MOST_A_BATCH, Position, read_position, take
from tapbot.storage.types import JsonObject, Scope

NOW = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
FRESH = Position(after=0, since=NOW, taken={})


def told(event_id: int, kind: str = "record.created", seconds: float = 0, **data: Any) -> Event:
    known = {"collection": "trips", **data}
    return Event(event_id, Scope("p", "dev"), kind, f"r{event_id}", known, NOW + timedelta(seconds=seconds))


def anything(_event: Event) -> bool:
    return True


@pytest.mark.parametrize(
    ("event", "parameters", "wanted"),
    [
        (told(1), {}, True),
        (told(1), {"events": ["updated"]}, False),
        (told(1, collection="cars"), {}, False),
        (told(1, "record.updated", changed=["seats"]), {"events": ["created", "updated"]}, True),
        (told(1, "record.updated", changed=["seats"]), {"events": ["updated"], "fields": ["note", "seats"]}, True),
        (told(1, "record.updated", changed=["city"]), {"events": ["updated"], "fields": ["note", "seats"]}, False),
        (told(1, "workflow.created"), {}, False),
        (told(1, "recorder.created"), {}, False),
    ],
)
def test_a_trigger_wants_what_it_names(event: Event, parameters: dict[str, Any], wanted: bool) -> None:
    assert DataTriggerParams.model_validate({"collection": "trips", **parameters}).wants(event) is wanted


@pytest.mark.parametrize("parameters", [{}, {"collection": ""}, {"collection": "={{ $json.x }}"}, {"collection": 7}])
def test_a_trigger_that_names_no_collection_is_refused(parameters: JsonObject) -> None:
    with pytest.raises(InvalidInput, match=r"collection|expressions"):
        upgrade(parameters, 1)


def test_an_event_that_comes_late_is_taken_once() -> None:
    # On PostgreSQL the event 2 may be seen after 3: it comes again with the next page.
    chosen, position = take([told(1), told(3)], FRESH, anything, again_since=LONG_AGO)
    assert [event.event_id for event in chosen] == [1, 3]
    chosen, position = take(
        [told(1), told(2), told(3)], read_position(position.to_json()), anything, again_since=LONG_AGO
    )
    assert [event.event_id for event in chosen] == [2]
    assert take([told(1), told(2), told(3)], position, anything, again_since=LONG_AGO)[0] == []


def test_a_trigger_remembers_what_may_come_again_and_no_more() -> None:
    _, position = take(
        [told(1, seconds=-9), told(2, seconds=-1)], FRESH, anything, again_since=NOW - timedelta(seconds=5)
    )
    assert list(position.taken) == [2]
    ahead = take([told(3, seconds=3600)], position, anything, again_since=NOW - timedelta(seconds=5))[1]
    assert list(ahead.taken) == [2, 3], "the clock of another process that runs ahead makes nothing forgotten"


def test_what_was_told_before_the_trigger_was_there_is_not_taken_late() -> None:
    begun = Position(after=5, since=NOW, taken={})
    assert take([told(4, seconds=-1)], begun, anything, again_since=LONG_AGO)[0] == []
    assert len(take([told(6, seconds=-1)], begun, anything, again_since=LONG_AGO)[0]) == 1, "it was committed after it"


@given(st.lists(st.integers(1, 400), unique=True, max_size=300), st.lists(st.integers(1, 150), min_size=1))
def test_every_event_is_taken_once_in_whatever_order_they_are_seen(ids: list[int], steps: list[int]) -> None:
    position, taken, left = FRESH, list[int](), list(ids)
    visible: list[int] = []
    for shown in [*steps, *[400] * 6]:
        visible, left = [*visible, *left[:shown]], left[shown:]
        chosen, position = take([told(number) for number in sorted(visible)], position, anything, again_since=LONG_AGO)
        assert len(chosen) <= MOST_A_BATCH
        taken += [event.event_id for event in chosen]
    assert sorted(taken) == sorted(ids)
