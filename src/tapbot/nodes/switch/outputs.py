"""The outputs that a Switch has, by its raw parameters."""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject

MOST_OUTPUTS = 100
FIRST_OUTPUTS = 4
"""Version 1 always had four, and so has the mode `expression` unless it says otherwise."""


def output_names(parameters: JsonObject) -> tuple[str, ...]:
    """One output a rule and perhaps an extra one, or as many as the number says.

    Raises:
        InvalidInput: There would be too many.
    """
    raw: dict[str, Any] = dict(parameters)
    if raw.get("mode") == "expression":
        given = raw.get("numberOutputs", FIRST_OUTPUTS)
        return tuple(_numbers(given if isinstance(given, int) else FIRST_OUTPUTS))
    rules = (raw.get("rules") or {}).get("values") or []
    names = [_name(rule, index) for index, rule in enumerate(rules)]
    # Rules of the first version name an output by number.
    highest = max((rule["output"] for rule in rules if isinstance(rule.get("output"), int)), default=-1)
    if highest >= 0:
        names = _numbers(max(highest + 1, FIRST_OUTPUTS))
    options = raw.get("options") or {}
    fallback = options.get("fallbackOutput", "none")
    if fallback == "extra":
        names.append(str(options.get("renameFallbackOutput") or "Fallback"))
    elif isinstance(fallback, int):
        names += _numbers(fallback + 1)[len(names) :]
    return tuple(names)


def _name(rule: dict[str, Any], index: int) -> str:
    return str(rule["outputKey"]) if rule.get("renameOutput") and rule.get("outputKey") else str(index)


def _numbers(count: int) -> list[str]:
    if count > MOST_OUTPUTS:
        raise InvalidInput(f"A Switch has {MOST_OUTPUTS} outputs at most.", code="node.invalid_parameter")
    return [str(index) for index in range(count)]
