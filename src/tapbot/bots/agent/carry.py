"""Hands what the agent learned to the guided answerer, so that it can go on from there when the model fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tapbot.bots.guided.definition import FormFlow
from tapbot.bots.guided.state import CONFIRM, State, load_state
from tapbot.bots.types import Bot

Call = tuple[str, Mapping[str, Any]]


def carry_slots(bot: Bot, before: dict[str, Any], calls: Sequence[Call]) -> dict[str, Any]:
    """The guided state with the values that went into this turn's calls."""
    state = load_state(before)
    state.greeted = True
    for tool, arguments in calls:
        name = form_of(bot, tool)
        if bot.guided is None or name is None:
            continue
        slots = state.slots if state.flow == name else {}
        state.begin(name)
        state.slots = {**slots, **to_slots(bot, name, arguments)}
    return state.to_json()


def await_decision(state: dict[str, Any], quoted: dict[str, Any]) -> dict[str, Any]:
    """The guided state in which its own form waits for a yes."""
    loaded: State = load_state(state)
    if loaded.flow is not None:
        loaded.asked, loaded.quoted = CONFIRM, quoted
    return loaded.to_json()


def close_form(state: dict[str, Any]) -> dict[str, Any]:
    """The guided state after the deed."""
    loaded = load_state(state)
    loaded.end()
    return loaded.to_json()


def form_of(bot: Bot, tool: str) -> str | None:
    """The form that a tool belongs to, by its price or by its deed."""
    for name, flow in bot.guided.flows.items() if bot.guided else ():
        if not isinstance(flow, FormFlow) or len(flow.slots) == 1:
            continue
        if tool == flow.submit.tool or (flow.estimate and tool == flow.estimate.tool):
            return str(name)
    return None


def to_slots(bot: Bot, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as the form keeps them: a moment as date and time."""
    guided = bot.guided
    slots: dict[str, Any] = {}
    for slot in guided.flows[name].slots if guided else ():
        value = arguments.get(slot)
        if value is None or guided is None:
            continue
        if guided.slots[slot].type == "datetime":
            moment = datetime.fromisoformat(str(value))
            value = {"date": moment.date().isoformat(), "time": f"{moment:%H:%M}", "part": "said"}
        slots[slot] = value
    return slots
