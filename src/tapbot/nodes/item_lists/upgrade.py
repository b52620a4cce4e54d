"""Parameters of Item Lists, in all its versions, by operation."""

from __future__ import annotations

from typing import Any

from tapbot.storage.types import JsonObject

PLACES = {
    "splitOutItems": "split",
    "concatenateItems": "concatenate",
    "limit": "limit",
    "removeDuplicates": "duplicates",
    "sort": "sort",
    "summarize": "summarize",
}
"""By operation: where its parameters stand."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters, those of the operation in a place of their own.

    Up to version 2 a missing field was an error; versions 1 and 2 called `concatenateItems` `aggregateItems`, up to 3
    values of different types were no duplicates but an error.
    """
    raw: dict[str, Any] = dict(parameters)
    operation = raw.pop("operation", "splitOutItems")
    if operation == "aggregateItems":
        operation = "concatenateItems"
    raw |= {"mustExist": version < 2.1, "mixedTypes": version >= 3.1}
    raw["accepts"] = "lists" if version < 2 else "objects" if version < 3 else "anything"
    return {"operation": operation, PLACES.get(operation, "split"): raw}
