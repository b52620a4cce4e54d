"""Questions with their buttons."""

from __future__ import annotations

from datetime import timedelta

from tapbot.bots.guided.talk import Talk
from tapbot.bots.guided.values import show_day
from tapbot.bots.understanding.phones import format_phone

HOURS = (6, 8, 10, 14, 18)
DAYS = (("day.today", 0), ("day.tomorrow", 1), ("day.after", 2))
MOST_OPTIONS = 8


def offer_menu(talk: Talk) -> None:
    """What the bot can do, as buttons."""
    talk.offer(*((talk.text(f"menu.{name}"), f"intent:{name}") for name in talk.guided.menu))


def ask_slot(talk: Talk, name: str) -> None:
    """Ask for one slot."""
    slot, state = talk.guided.slots[name], talk.state
    state.asked = name
    if slot.type == "datetime":
        ask_moment(talk, name)
        return
    talk.say(f"ask.{name}")
    if slot.type == "entity":
        names = talk.names()
        used = set(map(str, state.slots.values()))
        ids = [entity_id for entity_id in slot.popular if entity_id in names and entity_id not in used]
        talk.offer(*((names[entity_id], f"slot:{name}:{entity_id}") for entity_id in ids))
    elif slot.type == "integer":
        talk.offer(*((str(number), f"slot:{name}:{number}") for number in slot.buttons))
    elif slot.type == "choice":
        talk.offer(*((talk.text(f"choice.{name}.{value}"), f"slot:{name}:{value}") for value in slot.values))
    elif slot.type == "phone" and talk.turn.contact.get("phone"):
        phone = str(talk.turn.contact["phone"])
        talk.offer((format_phone(phone), f"slot:{name}:{phone}"))


def ask_moment(talk: Talk, name: str) -> None:
    """Ask for the date, or for the time when the date is known."""
    value = talk.state.slots.get(name) or {}
    today = talk.tools.now.date()
    if not value.get("date"):
        talk.say(f"ask.{name}.date" if value.get("time") else f"ask.{name}")
        talk.offer(
            *((talk.text(key), f"slot:{name}:{(today + timedelta(days=ahead)).isoformat()}") for key, ahead in DAYS)
        )
        return
    day = today.fromisoformat(value["date"])
    talk.say(f"ask.{name}.time", date=show_day(day, talk.language))
    hours = [hour for hour in HOURS if day > today or hour > talk.tools.now.hour]
    talk.offer(*((f"{hour:02}:00", f"slot:{name}:T{hour:02}:00") for hour in hours))


def ask_edit(talk: Talk, slots: tuple[str, ...], key: str) -> None:
    """Ask which of the slots to change."""
    talk.say(key)
    talk.offer(*((talk.text(f"edit.{name}"), f"edit:{name}") for name in slots))
