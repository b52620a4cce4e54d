"""The first half of a turn: each message in order changes the state and leaves notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from tapbot.bots.guided.asking import offer_menu
from tapbot.bots.guided.definition import Flow
from tapbot.bots.guided.filling import ask_again, fill, fill_all, flow_slots, is_filled
from tapbot.bots.guided.reading import Asked, Reading
from tapbot.bots.guided.state import CONFIRM, EDIT, PICK
from tapbot.bots.guided.talk import Talk
from tapbot.bots.understanding.moments import Moment

PASSAGE_CHARS = 900


async def hear(talk: Talk, message: dict[str, Any]) -> None:
    """Take one message, text or pressed button, into the state."""
    value = message.get("value")
    if value:
        await press(talk, str(value))
        return
    text = str(message.get("text") or "").strip()[: talk.bot.limits.message_chars]
    if not text and message.get("attachments"):
        talk.note_file(str(message["attachments"][0]["kind"]))
        return
    if not text:
        miss(talk)
        return
    reading = read(talk, text)
    talk.language = reading.language
    await act(talk, reading)


def read(talk: Talk, text: str) -> Reading:
    """What a message says, given what was asked."""
    state = talk.state
    asked = Asked(
        state.asked, state.flow is not None, frozenset(name for name, value in state.slots.items() if is_filled(value))
    )
    previous = talk.turn.language or talk.turn.contact.get("language")
    previous = talk.language if talk.said or previous is None else previous
    reading = talk.reader.read(
        text, asked=asked, now=talk.tools.now, previous_language=previous, default=talk.bot.languages[0]
    )
    if reading.language in talk.bot.languages:
        return reading
    return Reading(**{**{name: getattr(reading, name) for name in reading.__slots__}, "language": talk.language})


# --- buttons -------------------------------------------------------------------------------------------------------


async def press(talk: Talk, value: str) -> None:
    """Do what a button says; a button of an older question says so."""
    head, _, rest = value.partition(":")
    if head == "intent" and rest in talk.guided.intents:
        await act(talk, Reading("", talk.language, rest, 1.0, {}))
    elif head == "slot":
        press_slot(talk, rest)
    elif head == CONFIRM:
        press_confirm(talk, rest)
    elif head == PICK and talk.state.options is not None:
        pick_option(talk, rest)
    elif head == EDIT and talk.state.flow:
        ask_again(talk, rest)
    elif head == "person":
        press_person(talk, rest)
    else:
        talk.say("button.stale")
    talk.state.misses = 0


def press_slot(talk: Talk, rest: str) -> None:
    """`slot:seats:2`, `slot:departs_at:2026-03-05`, `slot:departs_at:T08:00`."""
    name, _, value = rest.partition(":")
    slot = talk.guided.slots.get(name)
    if slot is None or talk.state.flow is None or name not in flow_slots(talk):
        talk.say("button.stale")
    elif slot.type == "datetime":
        fill(talk, name, read_moment(value))
    elif slot.type == "integer" and value.isdigit():
        fill(talk, name, int(value))
    else:
        fill(talk, name, value)


def read_moment(value: str) -> Moment:
    """A button's moment."""
    day, _, clock = value.partition("T")
    return Moment(date.fromisoformat(day) if day else None, time.fromisoformat(clock) if clock else None, None)


def press_confirm(talk: Talk, answer: str) -> None:
    if talk.state.asked != CONFIRM:
        talk.say("button.stale")
    elif answer == "yes":
        talk.confirmed = True
    elif answer == "change":
        talk.state.asked = EDIT
        talk.state.quoted = None
    else:
        stop_flow(talk)


def press_person(talk: Talk, answer: str) -> None:
    talk.state.person_offered = False
    if answer == "yes":
        call_person(talk, "asked")
    elif talk.state.flow is None:
        talk.say("deny.idle")
        offer_menu(talk)


def pick_option(talk: Talk, wanted: str) -> None:
    """Choose one of the contact's things."""
    flow = talk.guided.flows[talk.state.flow or ""]
    for option in talk.state.options or []:
        if str(option.get(flow.id)) == wanted:
            talk.state.picked = option
            talk.state.asked = None
            return
    talk.say("button.stale")


# --- messages ------------------------------------------------------------------------------------------------------


async def act(talk: Talk, reading: Reading) -> None:
    """Do what a message wants."""
    if reading.bad_phone and not has_phone(talk, reading):
        talk.say("bad.phone")
    if reading.intent == "answer":
        understand(talk)
        take_answer(talk, reading)
        return
    action = action_of(talk, reading.intent)
    if action in {"affirm", "deny", "person"}:  # these answer the offer of a person
        talk.state.misses = 0
    elif action not in {"unknown", "knowledge"}:
        understand(talk)
    if pick_by_text(talk, reading):
        return
    if action == "unknown" and tell_stranger(talk, reading):
        talk.state.misses += 1
        return
    handler = SIMPLE.get(action)
    if handler:
        handler(talk, reading)
    elif reading.bad_phone and talk.state.flow:
        talk.state.misses = 0
    else:
        await answer_question(talk, reading, sure=action == "knowledge")


def understand(talk: Talk) -> None:
    """A message was understood: what was not before is over, and so is the offer to call a person."""
    talk.state.misses = 0
    talk.state.person_offered = False


def action_of(talk: Talk, intent: str) -> str:
    found = talk.guided.intents.get(intent)
    return found.action if found else intent


def has_phone(talk: Talk, reading: Reading) -> bool:
    return any(talk.guided.slots[name].type == "phone" for name in reading.slots)


def take_answer(talk: Talk, reading: Reading) -> None:
    """Fill the slots of an answer; a text slot takes the whole message."""
    asked = talk.state.asked
    tell_past(talk, reading)
    if asked and asked in talk.guided.slots and talk.guided.slots[asked].type == "text":
        fill(talk, asked, reading.text)
        return
    fill_all(talk, reading)
    tell_stranger(talk, reading)


def tell_stranger(talk: Talk, reading: Reading) -> bool:
    """Say that a name is not among those that the flow may take; whether it was said."""
    slots = [name for name in flow_slots(talk) if talk.guided.slots[name].type == "entity"]
    wanting = any(not talk.state.slots.get(name) for name in slots)
    if reading.stranger and wanting:
        talk.say("bad.place", name=reading.stranger)
    return bool(reading.stranger) and wanting


def tell_past(talk: Talk, reading: Reading) -> None:
    """A form that wants a moment was given one that is over."""
    if reading.past and any(talk.guided.slots[name].type == "datetime" for name in flow_slots(talk)):
        talk.say("bad.past")


def start_flow(talk: Talk, reading: Reading) -> None:
    """Begin a flow, or go on with the one that is being filled."""
    intent = talk.guided.intents[reading.intent]
    wanted = str(intent.flow)
    state = talk.state
    flow = talk.guided.flows[wanted]
    current = talk.guided.flows.get(state.flow or "")
    if flow.kind == "pick" and current is not None and current.kind == "form" and state.slots:
        revise_form(talk, reading, stop=not flow.slots)
        return
    if flow.kind == "list":
        talk.state.wants_list = wanted
        return
    if answers_what_to_change(talk, reading, current):
        fill_all(talk, reading)
        return
    if state.flow != wanted:
        state.begin(wanted)
        state.mentioned = {name: value for name, value in reading.slots.items() if isinstance(value, str)}
    if flow.kind == "form" and len(flow.slots) == 1:
        take_first_text(talk, reading, flow.slots[0])
    tell_past(talk, reading)
    fill_all(talk, reading)
    tell_stranger(talk, reading)


def answers_what_to_change(talk: Talk, reading: Reading, current: Flow | None) -> bool:
    """A bare hour looks like a new order, but after `what shall I change?` it is the answer."""
    changing = current is not None and current.kind == "pick" and talk.state.asked == EDIT
    return changing and bool(reading.slots) and set(reading.slots) <= set(flow_slots(talk))


def start_estimate(talk: Talk, reading: Reading) -> None:
    """Begin the form, and tell the price as soon as it can be told."""
    start_flow(talk, reading)
    talk.state.wants_estimate = True


def take_first_text(talk: Talk, reading: Reading, slot: str) -> None:
    """A complaint that is already told needs no question."""
    definition = talk.guided.slots[slot]
    if definition.type == "text" and len(reading.text.split()) >= definition.min_words:
        fill(talk, slot, reading.text)


def revise_form(talk: Talk, reading: Reading, *, stop: bool) -> None:
    """A wish to change or to cancel, said while a form is being filled, is about the form."""
    if stop:
        stop_flow(talk)
        return
    talk.confirmed = False
    if not fill_all(talk, reading):
        named = name_slot(talk, reading)
        if named:
            ask_again(talk, named)
        else:
            talk.state.asked = EDIT
            talk.state.quoted = None


def name_slot(talk: Talk, reading: Reading) -> str | None:
    """The slot that a message names: `хочу поменять время`."""
    named = talk.guided.slot_cues.find([token.fold for token in talk.reader.split(reading.text)])
    return next((name for name in flow_slots(talk) if name in named), None)


def say_text(talk: Talk, reading: Reading) -> None:
    """A greeting and the like."""
    intent = talk.guided.intents[reading.intent]
    if intent.text and talk.state.flow is None:
        talk.say(intent.text, name=talk.turn.contact.get("first_name") or "")
        talk.state.greeted = True
        if intent.menu:
            offer_menu(talk)


def say_thanks(talk: Talk, reading: Reading) -> None:
    """Thanks are answered, and nothing is asked again."""
    intent = talk.guided.intents[reading.intent]
    if not talk.confirmed:
        talk.say(intent.text or "thanks.reply")
        talk.quiet = True


def agree(talk: Talk, reading: Reading) -> None:
    """`да`: to the summary, to the offer of a person, or to nothing in particular."""
    if talk.state.asked == CONFIRM:
        changed = fill_all(talk, reading)
        talk.confirmed = not changed
    elif talk.state.person_offered:
        call_person(talk, "asked")
    elif talk.state.flow is None:
        talk.say("affirm.idle")
        offer_menu(talk)
    else:
        fill_all(talk, reading)


def refuse(talk: Talk, reading: Reading) -> None:
    """`нет`: to the summary, to the offer of a person, or to going on."""
    talk.confirmed = False
    if reading.slots and talk.state.flow:
        fill_all(talk, reading)
    elif talk.state.asked == CONFIRM and talk.guided.flows[talk.state.flow or ""].kind == "form":
        talk.state.asked = EDIT
        talk.state.quoted = None
    elif talk.state.person_offered:
        talk.state.person_offered = False
        if talk.state.flow is None:
            talk.say("deny.idle")
            offer_menu(talk)
    elif talk.state.flow:
        stop_flow(talk)
    else:
        talk.say("deny.idle")
        offer_menu(talk)


def ask_person(talk: Talk, reading: Reading) -> None:
    """The passenger wants a person."""
    fill_all(talk, reading)
    call_person(talk, "asked")


SIMPLE: dict[str, Callable[[Talk, Reading], None]] = {
    "flow": start_flow,
    "estimate": start_estimate,
    "say": say_text,
    "thanks": say_thanks,
    "affirm": agree,
    "deny": refuse,
    "person": ask_person,
}


async def answer_question(talk: Talk, reading: Reading, *, sure: bool) -> None:
    """Answer from the knowledge with its source, or say that we do not know."""
    passages = await talk.tools.search(reading.text, talk.language)
    if passages and (sure or reading.score < UNRELATED):
        best = passages[0]
        talk.say("knowledge.answer", text=best.text.strip()[:PASSAGE_CHARS], title=best.title)
        talk.state.misses = 0
        talk.state.person_offered = False
        if talk.state.flow is None:
            offer_menu(talk)
        return
    if reading.slots and talk.state.flow and fill_all(talk, reading):
        return
    miss(talk)


UNRELATED = 0.55
"""Nearness to the examples of what the bot does not do, from which the knowledge is not asked."""


def miss(talk: Talk) -> None:
    """Nothing was understood: offer a person, the second time more plainly."""
    talk.state.misses += 1
    talk.state.person_offered = True
    again = talk.state.misses > 1
    talk.say("unknown.again" if again else "unknown.form" if talk.state.flow else "unknown.first")
    yes, no = (talk.text("button.person"), "person:yes"), (talk.text("button.no_person"), "person:no")
    if again:
        offer_menu(talk)
    else:
        talk.offer(yes, no)


def call_person(talk: Talk, reason: str) -> None:
    """Hand the conversation over."""
    talk.handoff = reason
    talk.state.person_offered = False
    talk.say("person.called")
    talk.buttons = []
    talk.quiet = True


def stop_flow(talk: Talk) -> None:
    """Leave the form; what was filled is forgotten."""
    flow = talk.state.flow
    talk.state.end()
    if flow:
        talk.say("form.stopped")
        offer_menu(talk)
        talk.quiet = True


def pick_by_text(talk: Talk, reading: Reading) -> bool:
    """A message that names one of the offered things by its number."""
    if talk.state.asked != PICK or not talk.state.options:
        return False
    flow = talk.guided.flows[talk.state.flow or ""]
    lowered = reading.text.lower()
    for option in talk.state.options:
        number = str(option.get(flow.id)).lower()
        if number in lowered or number.split("-")[-1].lstrip("0") in lowered.split():
            pick_option(talk, str(option.get(flow.id)))
            return True
    return False
