"""Filling a flow's slots: checking, merging, asking again."""

from __future__ import annotations

from typing import Any

from tapbot.bots.guided.reading import Reading
from tapbot.bots.guided.state import CONFIRM, EDIT
from tapbot.bots.guided.talk import Talk
from tapbot.bots.guided.values import check_integer, check_moment, is_whole, merge_moment


def flow_slots(talk: Talk) -> tuple[str, ...]:
    """Slots of the running flow."""
    flow = talk.guided.flows.get(talk.state.flow or "")
    return tuple(getattr(flow, "slots", ()))


def fill_all(talk: Talk, reading: Reading) -> bool:
    """Fill the flow's slots with the message's values; whether anything was filled."""
    own = [name for name in flow_slots(talk) if name in reading.slots]
    for name in own:
        fill(talk, name, reading.slots[name])
    if not own and talk.state.flow is None and reading.slots and talk.guided.default:
        talk.state.begin(str(talk.guided.intents[talk.guided.default].flow))
        return fill_all(talk, reading)
    return bool(own)


def fill(talk: Talk, name: str, value: Any) -> None:
    """Check a value and keep it; a refused one is explained and asked for again."""
    slot, state = talk.guided.slots[name], talk.state
    talk.confirmed = False
    state.quoted = None
    if slot.type == "datetime":
        before = state.slots.get(name) or moment_of_picked(talk, name)
        merged, problem = check_moment(merge_moment(before, value, talk.tools.now), talk.tools.now, slot.horizon_days)
        state.slots[name] = merged
    elif slot.type == "integer":
        problem = check_integer(value, slot.min, slot.max, name)
        state.slots[name] = None if problem else value
    else:
        problem = None
        state.slots[name] = value
        if slot.type == "entity":
            separate(talk, name, value)
    if problem:
        talk.say(problem.text, **problem.values)
        state.asked = name
    elif state.asked in {name, EDIT, CONFIRM}:
        state.asked = None


def moment_of_picked(talk: Talk, name: str) -> dict[str, str] | None:
    """The date and time of the thing that is being changed: `на 9` keeps its day."""
    said = (talk.state.picked or {}).get(name)
    if not said:
        return None
    day, _, clock = str(said).partition("T")
    return {"date": day, "time": clock[:5]}


def separate(talk: Talk, name: str, value: Any) -> None:
    """The same entity cannot be both ends of a journey."""
    side = talk.guided.slots[name].side
    for other, slot in talk.guided.slots.items():
        if other != name and slot.type == "entity" and slot.side and side and talk.state.slots.get(other) == value:
            talk.say("bad.same", name=talk.names().get(str(value), str(value)))
            talk.state.slots[name] = None


def ask_again(talk: Talk, name: str) -> None:
    """Ask for a slot that already has a value."""
    if name not in flow_slots(talk):
        talk.say("button.stale")
        return
    talk.state.asked = name
    talk.state.quoted = None
    talk.state.reopened = name


def is_filled(value: Any) -> bool:
    """Whether a slot needs no more: a date and time must have both."""
    return is_whole(value) if isinstance(value, dict) else value is not None
