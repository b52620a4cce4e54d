"""Parameters of older versions of Switch in the form of version 3.4."""

from __future__ import annotations

from typing import Any

from tapbot.nodes.first_conditions import FIRST_DEFAULTS
from tapbot.nodes.switch.outputs import output_names
from tapbot.storage.types import JsonObject


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 3.4 has them.

    Version 1 had four outputs and rules that name one by number; version 2 an output a rule. Both compared one value
    as JavaScript does.
    """
    upgraded = _upgrade(dict(parameters), version)
    output_names(upgraded)  # a file whose outputs cannot be counted is refused when it is loaded
    return upgraded


def _upgrade(raw: dict[str, Any], version: float) -> dict[str, Any]:
    if version >= 3:
        rules = raw.get("rules") or {}
        if "values" not in rules and "rules" in rules:
            raw["rules"] = {"values": rules["rules"]}
        return raw
    upgraded: dict[str, Any] = {"mode": raw.get("mode", "rules")}
    if upgraded["mode"] == "expression":
        return {**upgraded, "numberOutputs": raw.get("outputsAmount", 4), "output": raw.get("output", 0)}
    kind = raw.get("dataType", "number")
    _, default = FIRST_DEFAULTS[kind]
    entries = (raw.get("rules") or {}).get("rules") or []
    upgraded["rules"] = {
        "values": [_rule(entry, kind, raw.get("value1", default), named=version < 2) for entry in entries]
    }
    fallback = raw.get("fallbackOutput", -1)
    return {**upgraded, "options": {"fallbackOutput": "none" if fallback in {-1, "-1"} else fallback}}


def _rule(entry: dict[str, Any], kind: str, value: Any, *, named: bool) -> dict[str, Any]:
    operation, default = FIRST_DEFAULTS[kind]
    condition = {
        "leftValue": value,
        "rightValue": entry.get("value2", default),
        "operator": {"type": kind, "operation": entry.get("operation", operation)},
    }
    rule: dict[str, Any] = {"conditions": {"options": {"version": 0}, "conditions": [condition]}}
    if named:
        rule["output"] = entry.get("output", 0)
    elif entry.get("outputKey"):
        rule |= {"renameOutput": True, "outputKey": entry["outputKey"]}
    return rule
