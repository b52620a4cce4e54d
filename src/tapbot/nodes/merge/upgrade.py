"""Parameters of older versions of Merge in the form of version 3.2."""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject

COMBINATIONS = {
    "mergeByFields": "combineByFields",
    "mergeByPosition": "combineByPosition",
    "multiplex": "combineAll",
}
OVERWRITES: dict[str, dict[str, Any]] = {
    "always": {"resolveClash": "preferInput2"},
    "blank": {"resolveClash": "preferInput1", "overrideEmpty": True},
    "undefined": {"resolveClash": "preferInput1"},
}
BY_KEY = {"mergeByKey": "enrichInput1", "keepKeyMatches": "keepMatches", "removeKeyMatches": "keepNonMatches"}


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 3.2 has them.

    Raises:
        InvalidInput: The mode is SQL, which is not supported.
    """
    raw: dict[str, Any] = dict(parameters)
    if raw.get("mode") == "combineBySql":
        raise InvalidInput(
            "Joining by an SQL query is not supported: combine by matching fields, or use a Code node.",
            code="node.not_supported",
            place="mode",
        )
    if version < 2:
        return _from_first(raw)
    if version < 3:
        return _from_second(raw)
    return raw


def _from_second(raw: dict[str, Any]) -> dict[str, Any]:
    combined = raw.pop("combinationMode", "mergeByFields")
    return {**raw, "combineBy": COMBINATIONS[combined], "advanced": True, "output": raw.get("output", "input1")}


def _from_first(raw: dict[str, Any]) -> dict[str, Any]:
    mode = raw.get("mode", "append")
    if mode == "append":
        return {"mode": "append"}
    if mode == "wait":
        return {"mode": "chooseBranch", "output": "empty"}
    if mode == "passThrough":
        return {"mode": "chooseBranch", "output": raw.get("output", "input1")}
    values: dict[str, Any] = {"mergeMode": "shallowMerge", **OVERWRITES[raw.get("overwrite", "always")]}
    upgraded: dict[str, Any] = {"mode": "combine", "options": {"clashHandling": {"values": values}}}
    if mode == "multiplex":
        return {**upgraded, "combineBy": "combineAll"}
    if mode == "mergeByIndex":
        join = raw.get("join", "left")
        upgraded["options"]["includeUnpaired"] = join == "outer"
        return {**upgraded, "combineBy": "combineByPosition", "keepsUnpairedOfFirst": join == "left"}
    upgraded["options"]["multipleMatches"] = "first"
    names = {"field1": raw.get("propertyName1", ""), "field2": raw.get("propertyName2", "")}
    return {
        **upgraded,
        "combineBy": "combineByFields",
        "advanced": True,
        "mergeByFields": {"values": [names]},
        "joinMode": BY_KEY[mode],
        "outputDataFrom": "both" if mode == "mergeByKey" else "input1",
    }
