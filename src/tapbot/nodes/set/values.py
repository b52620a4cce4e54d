"""Conversion of a field's value to its type, and reading the JSON of the raw mode."""

from __future__ import annotations

import re
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.javascript import kind_of, parse_json, stringify, to_text
from tapbot.nodes.typed_values import CONVERSIONS, Unfit

TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', re.DOTALL)


def convert(name: str, value: Any, wanted: str) -> Any:
    """A field's value in its type; a missing one is null.

    Raises:
        InvalidInput: The value does not fit.
    """
    kind = kind_of(value)
    if value is None or kind == wanted:
        return value
    try:
        return CONVERSIONS[wanted](value)
    except Unfit:
        shown = stringify(value) if kind in {"array", "object"} else to_text(value)
        article = "an" if wanted[0] in "ao" else "a"
        raise InvalidInput(
            f"'{name}' expects {article} {wanted} but we got '{shown[:100]}'",
            code="node.wrong_type",
            hint="Change the type of the field, or turn on 'Ignore Type Conversion Errors'.",
        ) from None


def read_object(given: Any) -> dict[str, Any]:
    """The object of the raw mode; a comma before a closing bracket is forgiven, as people's templates have them.

    Raises:
        InvalidInput: It is no JSON object.
    """
    if isinstance(given, str):
        try:
            given = _parse(given)
        except ValueError as error:
            raise InvalidInput(
                f"The JSON of the output is not valid: {error}.",
                code="node.invalid_parameter",
                place="jsonOutput",
                hint='Quotes around a text that comes from an expression are part of the JSON: {"name": "{{ … }}"}.',
            ) from None
    if not isinstance(given, dict):
        raise InvalidInput(
            f"The JSON of the output is not an object but {kind_of(given)}.",
            code="node.invalid_parameter",
            place="jsonOutput",
        )
    return given


def _parse(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return parse_json(TRAILING_COMMA.sub(lambda found: found[1] or "", text))
