"""When polling triggers look for news: `pollTimes` of the file as rules of a schedule. Pure."""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import has_expression
from tapbot.nodes.schedules.due import read_rules
from tapbot.nodes.schedules.times import rule_of
from tapbot.storage.types import JsonObject

EVERY_MINUTE: JsonObject = {"mode": "everyMinute"}


def read_poll_times(parameters: JsonObject, *, place: str) -> JsonObject:
    """The parameters with rules; every minute where no time is given.

    Args:
        place: A parameter, for messages.

    Raises:
        InvalidInput: A parameter is an expression, or a time is malformed.
    """
    if has_expression(parameters):
        raise InvalidInput(
            "A polling trigger has no expressions: nothing has happened yet that they could speak of.",
            code="node.invalid_parameter",
            place=place,
        )
    kept = {name: value for name, value in parameters.items() if name != "pollTimes"}
    if "rule" in kept:
        read_rules(kept)
        return kept
    given: Any = parameters.get("pollTimes") or {}
    rules: JsonObject = {"interval": [rule_of(entry) for entry in given.get("item") or [EVERY_MINUTE]]}
    read_rules({"rule": rules})
    return {**kept, "rule": rules}
