"""Types of parameter fields that take what expressions give: a number where a text is wanted, nothing where one is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from tapbot.nodes.javascript import parse_json, stringify, to_text


def read_text(value: Any) -> str:
    """A value as text: nothing is empty, lists and objects are JSON."""
    if value is None:
        return ""
    return stringify(value) if isinstance(value, (list, dict)) else to_text(value)


def _read_located(value: Any) -> Any:
    """The value of a resource locator: `{"__rl": true, "value": "…", "mode": "id"}`."""
    return read_text(value.get("value") if isinstance(value, dict) and "value" in value else value)


Text = Annotated[str, BeforeValidator(read_text)]
"""Text; numbers and objects become text, nothing becomes empty."""
Located = Annotated[str, BeforeValidator(_read_located)]
"""An id, plain or chosen from a list in the editor."""


def split_names(text: str) -> list[str]:
    """Names separated by commas."""
    return [name for part in text.split(",") if (name := part.strip())]


def has_expression(value: Any) -> bool:
    """Whether raw parameters hold an expression: a string that begins with `=`."""
    if isinstance(value, dict):
        return any(map(has_expression, value.values()))
    if isinstance(value, list):
        return any(map(has_expression, value))
    return isinstance(value, str) and value.startswith("=")


def _read_json(value: Any) -> Any:
    """A list or an object that may be written as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value) if value.strip() else None
    except ValueError as error:
        raise ValueError(f"this is not valid JSON: {error}") from None


FromJson = BeforeValidator(_read_json)
"""Marks a field that takes a value or the JSON of one."""
EmptyList = BeforeValidator(lambda value: [] if value is None else value)
"""Marks a list that is empty where nothing is given."""
EmptyObject = BeforeValidator(lambda value: {} if value is None else value)
"""Marks an object that is empty where nothing is given."""
