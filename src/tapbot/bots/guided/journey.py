"""Which city is where a journey begins and which where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tapbot.bots.understanding.entities import EntityFound


@dataclass(frozen=True, slots=True)
class Asked:
    """What the bot has just asked."""

    slot: str | None = None
    """A slot's name, `confirm`, `pick`, or `None`."""
    in_form: bool = False
    """A form is being filled."""
    filled: frozenset[str] = frozenset()
    """Slots that already have a value."""


def place_journey(found: Sequence[EntityFound], origin: str, target: str, asked: Asked) -> dict[str, str]:
    """Where a journey begins and ends.

    `at` (`в Таразе`, `Алматыда`) is where the passenger is: the beginning, unless that was said otherwise.
    """
    slots: dict[str, str] = {}
    rest: list[EntityFound] = []
    for one in found:
        side = one.side
        if side == "in":
            side = "at" if asked.slot == origin and len(found) == 1 else "to"
        if side == "from" and origin not in slots:
            slots[origin] = one.id
        elif side == "to" and target not in slots:
            slots[target] = one.id
        elif side == "at" and asked.slot == origin and origin not in slots:
            slots[origin] = one.id
        else:
            rest.append(one)
    for one in rest:
        if one.side == "at" and origin not in slots and asked.slot != target:
            slots[origin] = one.id
            continue
        free = [name for name in (origin, target) if name not in slots]
        if not free or one.id in slots.values():
            continue
        single = asked.slot if asked.slot in free else target if target in free else free[0]
        slots[str(single) if len(found) == 1 else free[0]] = one.id
    return slots
