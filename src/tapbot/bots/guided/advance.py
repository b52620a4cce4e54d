"""The second half of a turn: the flow goes as far as it can, and asks its next question."""

from __future__ import annotations

from typing import Any

from tapbot.bots.guided.asking import MOST_OPTIONS, ask_edit, ask_slot
from tapbot.bots.guided.definition import FormFlow, ListFlow, Outcome, PickFlow, Submit
from tapbot.bots.guided.state import CONFIRM, EDIT, PICK
from tapbot.bots.guided.talk import Talk
from tapbot.bots.guided.values import is_whole


async def advance(talk: Talk) -> None:
    """Carry the running flow on."""
    if talk.state.wants_list:
        await tell_list(talk, talk.guided.flows[talk.state.wants_list])
        talk.state.wants_list = None
    if talk.quiet or talk.state.flow is None:
        return
    flow = talk.guided.flows[talk.state.flow]
    if isinstance(flow, PickFlow):
        await advance_pick(talk, flow)
    elif isinstance(flow, FormFlow):
        await advance_form(talk, flow)


# --- forms ---------------------------------------------------------------------------------------------------------


async def advance_form(talk: Talk, flow: FormFlow) -> None:
    """Price, next question, summary, or the deed."""
    state = talk.state
    if flow.estimate and state.wants_estimate and all(state.slots.get(name) for name in flow.estimate.needs):
        await tell_estimate(talk, flow)
    if state.asked == EDIT:
        ask_edit(talk, tuple(flow.slots), "form.what")
        return
    missing = state.reopened or next((name for name in flow.slots if not has_value(talk, name)), None)
    state.reopened = None
    if missing:
        ask_slot(talk, missing)
    elif flow.confirm is None or talk.confirmed:
        await submit_form(talk, flow)
    else:
        await ask_confirm(talk, flow)


def has_value(talk: Talk, name: str) -> bool:
    value = talk.state.slots.get(name)
    return is_whole(value) if talk.guided.slots[name].type == "datetime" else value is not None


async def tell_estimate(talk: Talk, flow: FormFlow) -> None:
    """Tell the price of what is known so far."""
    estimate = flow.estimate
    assert estimate is not None  # noqa: S101 - the caller asked
    talk.state.wants_estimate = False
    result = await estimate_price(talk, flow)
    if result is None:
        return
    talk.say(estimate.text, **talk.show(talk.state.slots, result))


async def estimate_price(talk: Talk, flow: FormFlow) -> dict[str, Any] | None:
    """What the form would cost; `None` when there is no price, which was then said."""
    estimate = flow.estimate
    assert estimate is not None  # noqa: S101 - the caller asked
    known = {name: talk.state.slots.get(name) for name in [*estimate.needs, *estimate.uses]}
    result = await talk.call(estimate.tool, talk.arguments({name: one for name, one in known.items() if one}))
    if result.get("price_kzt") is None and not any(result.get(name) is not None for name in estimate.total):
        talk.say(estimate.none, **talk.show(talk.state.slots))
        reopen(talk, estimate.none_reopen)
        return None
    result["total"] = next((result[name] for name in estimate.total if result.get(name) is not None), None)
    return result


async def ask_confirm(talk: Talk, flow: FormFlow) -> None:
    """Show the summary and ask whether it is right."""
    result: dict[str, Any] | None = {}
    if flow.estimate:
        result = await estimate_price(talk, flow)
        if result is None:
            await advance_form(talk, flow)
            return
        if result.get("available") is False and flow.estimate.full:
            talk.say(flow.estimate.full, **talk.show(talk.state.slots, result))
            reopen(talk, flow.estimate.full_reopen)
            await advance_form(talk, flow)
            return
    talk.state.quoted = result
    talk.state.asked = CONFIRM
    talk.say(str(flow.confirm), **talk.show(talk.state.slots, result))
    talk.offer(
        (talk.text("button.yes"), "confirm:yes"),
        (talk.text("button.change"), "confirm:change"),
        (talk.text("button.no"), "confirm:no"),
    )


async def submit_form(talk: Talk, flow: FormFlow) -> None:
    """Do it, and say how it went."""
    slots = {name: talk.state.slots[name] for name in flow.slots}
    result = await talk.call(flow.submit.tool, talk.arguments(slots) | talk.identity())
    outcome = choose_outcome(flow.submit, result)
    talk.say(outcome.text, **talk.show(slots, talk.state.quoted, result))
    if outcome.done:
        talk.contact |= {name: slots[name] for name in flow.keep if slots.get(name)}
        talk.state.end()
        return
    talk.confirmed = False
    reopen(talk, outcome.reopen)
    if outcome.reopen:
        await advance_form(talk, flow)
    else:
        ask_edit(talk, tuple(flow.slots), "form.what")
        talk.state.asked = EDIT


def choose_outcome(submit: Submit, result: dict[str, Any]) -> Outcome:
    """What a tool's status means; an unknown status is told as a failure."""
    status = str(result.get("status", "ok"))
    return submit.outcomes.get(status) or submit.outcomes.get("ok") or Outcome(text="tool.failed", done=False)


def reopen(talk: Talk, slots: list[str]) -> None:
    """Forget slots, so that they are asked again; of a moment only the time."""
    for name in slots:
        day = (talk.state.slots.get(name) or {}).get("date") if talk.guided.slots[name].type == "datetime" else None
        talk.state.slots[name] = {"date": day} if day else None
    talk.state.quoted = None
    talk.state.asked = None


# --- choosing and changing -----------------------------------------------------------------------------------------


async def advance_pick(talk: Talk, flow: PickFlow) -> None:
    """Choose the thing, say what to change, confirm, do it."""
    state = talk.state
    if state.options is None:
        state.options = await list_items(talk, flow)
        if not state.options:
            talk.say(flow.none)
            state.end()
            return
        narrow(talk, flow)
    if state.picked is None:
        ask_pick(talk, flow)
    elif flow.slots and (state.reopened or not any(state.slots.get(name) for name in flow.slots)):
        ask_change(talk, flow)
    elif talk.confirmed:
        await submit_pick(talk, flow)
    elif unfinished := next((name for name in flow.slots if is_half(talk, name)), None):
        ask_slot(talk, unfinished)
    else:
        state.asked = CONFIRM
        talk.say(flow.confirm, **show_change(talk, flow))
        talk.offer((talk.text("button.yes"), "confirm:yes"), (talk.text("button.no"), "confirm:no"))


def is_half(talk: Talk, name: str) -> bool:
    """A date without its time, or the other way round."""
    value = talk.state.slots.get(name)
    return bool(value) and talk.guided.slots[name].type == "datetime" and not is_whole(value)


async def list_items(talk: Talk, flow: PickFlow | ListFlow) -> list[dict[str, Any]]:
    """The contact's things that may be chosen."""
    arguments = {"contact_id": talk.turn.contact.get("id")}
    if talk.turn.contact.get("phone"):
        arguments["phone"] = talk.turn.contact["phone"]
    result = await talk.call(flow.tool, arguments)
    items = result.get(flow.items) or []
    return [dict(item) for item in items if not flow.active or item.get("status") in flow.active]


def narrow(talk: Talk, flow: PickFlow) -> None:
    """Keep the things that the message names by a city; one that is left is chosen."""
    state = talk.state
    options = state.options or []
    named = {name: value for name, value in state.mentioned.items() if name not in flow.slots}
    fitting = [option for option in options if all(option.get(name) == value for name, value in named.items())]
    state.options = fitting or options
    if len(state.options) == 1:
        state.picked = state.options[0]
    if state.picked:
        complete_moment(talk, flow)


def complete_moment(talk: Talk, flow: PickFlow) -> None:
    """`на 9` said before the thing was chosen keeps the day of the thing."""
    for name in flow.slots:
        value, old = talk.state.slots.get(name), str((talk.state.picked or {}).get(name) or "")
        if value and talk.guided.slots[name].type == "datetime" and not is_whole(value) and "T" in old:
            day, clock = old.split("T")
            talk.state.slots[name] = {"date": day, "time": clock[:5]} | {key: one for key, one in value.items() if one}


def ask_pick(talk: Talk, flow: PickFlow) -> None:
    """Offer the things as buttons."""
    talk.state.asked = PICK
    talk.say(f"pick.{talk.state.flow}")
    options = (talk.state.options or [])[:MOST_OPTIONS]
    talk.offer(*((talk.text(flow.label, **talk.show(option)), f"pick:{option.get(flow.id)}") for option in options))


def ask_change(talk: Talk, flow: PickFlow) -> None:
    """Ask what to change, then for its new value."""
    state = talk.state
    if state.reopened:
        name, state.reopened = state.reopened, None
        ask_slot(talk, name)
        return
    if state.asked in flow.slots:
        ask_slot(talk, str(state.asked))
        return
    state.asked = EDIT
    talk.say(flow.label, **talk.show(state.picked))
    ask_edit(talk, tuple(flow.slots), "change.what")


def show_change(talk: Talk, flow: PickFlow) -> dict[str, str]:
    """The thing, and its values as they will be (`new_…`)."""
    complete_moment(talk, flow)
    picked = talk.state.picked or {}
    slots = {name: talk.state.slots.get(name) or picked.get(name) for name in flow.slots}
    shown = talk.show(picked)
    return shown | {f"new_{name}": value for name, value in talk.show(slots).items()}


async def submit_pick(talk: Talk, flow: PickFlow) -> None:
    """Do it to the chosen thing."""
    picked = talk.state.picked or {}
    slots = {name: value for name in flow.slots if (value := talk.state.slots.get(name)) is not None}
    arguments = {flow.id: picked.get(flow.id)} | talk.arguments(slots) | talk.identity()
    result = await talk.call(flow.submit.tool, arguments)
    outcome = choose_outcome(flow.submit, result)
    talk.say(outcome.text, **talk.show(picked, slots, result))
    if outcome.done:
        talk.state.end()
        return
    talk.confirmed = False
    reopen(talk, outcome.reopen)
    await advance_pick(talk, flow)


# --- lists ---------------------------------------------------------------------------------------------------------


async def tell_list(talk: Talk, flow: ListFlow) -> None:
    """Tell the contact's things."""
    items = await list_items(talk, flow)
    if not items:
        talk.say(flow.none)
        return
    lines = [talk.text(flow.label, **talk.show(item)) for item in items]
    talk.said.append("\n".join([talk.text(flow.intro), *(f"• {line}" for line in lines)]))
