"""Values of a request, made of a node's parameters. Pure: names are replaced, nothing is evaluated.

- `"$name.part"` is that parameter with its type; it is left out where it is missing or empty.
- `{first: [a, b]}` is the first value that is not missing.
- `{json: a}` is the value of a text of JSON.
- `{object: a, name: n, value: v}` makes an object of a list of names and values.
- `{each: a, take: part}` takes a part of each entry of a list; `{split: a}` makes a list of a text with commas.
- `{join: a, by: ","}` makes a text of a list.
- `{read: a, by: reader}` is the id that a reader of `readers.py` finds in an address.
- `{when: a, is: b, then: c, else: d}` chooses by a value.
- `{epoch: a, in: milliseconds}` is a time as so many seconds or milliseconds since 1970.
- `{fill: "… {name} …"}` fills a text, `{make: name}` calls a maker of `makers.py`, and `{literal: a}` is `a` as it is.
- Any other object or list is what it is, with its parts made so; it is left out where all of them are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text, split_names
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.services.makers import MAKERS
from tapbot.nodes.services.readers import READERS
from tapbot.workflow.types import Item

_NAME = re.compile(r"\{([\w.]+)(/?)(?:!(\w+))?\}")


class _Missing:
    """No value."""


MISSING = _Missing()


class Values:
    """Makes the values of one request.

    Args:
        parameters: The node's, evaluated.
    """

    def __init__(self, parameters: Mapping[str, Any], item: Item) -> None:
        self.parameters = parameters
        self.item = item

    def make(self, wanted: Any) -> Any:
        """The value; `MISSING` where there is none."""
        if isinstance(wanted, str):
            return self.parameter(wanted[1:]) if wanted.startswith("$") else wanted
        if isinstance(wanted, list):
            parts = [made for each in wanted if (made := self.make(each)) is not MISSING]
            return parts if parts or not wanted else MISSING
        if not isinstance(wanted, dict):
            return wanted
        for name, action in _ACTIONS.items():
            if name in wanted and wanted.keys() <= _KEYS[name]:
                return action(self, wanted)
        made = self.object(wanted)
        return made if made or not wanted else MISSING

    def object(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """An object without what is missing; the parts of `"*"` are its own."""
        made = {name: self.make(each) for name, each in wanted.items() if name != "*"}
        given = self.make(wanted["*"]) if "*" in wanted else {}
        return {name: each for name, each in [*given.items(), *made.items()] if each is not MISSING}

    def parameter(self, path: str) -> Any:
        """A parameter, by names with dots; a resource locator is its value."""
        found: Any = self.parameters
        for part in path.split("."):
            if isinstance(found, list) and part.isdecimal():
                found = found[int(part)] if int(part) < len(found) else MISSING
            else:
                found = found.get(part, MISSING) if isinstance(found, Mapping) else MISSING
            if isinstance(found, Mapping) and "__rl" in found:
                found = found.get("value", MISSING)
        return MISSING if found is None or found == "" else found

    def path(self, template: str) -> str:
        """A path whose parts cannot leave their place.

        Raises:
            InvalidInput: A part is missing, or is no part of a path.
        """

        def fill(found: re.Match[str]) -> str:
            value = self.parameter(found[1])
            text = "" if value is MISSING else read_text(value)
            parts = text.strip("/").split("/") if found[2] else [READERS[found[3]](text) if found[3] else text]
            if any(part in {"", ".", ".."} for part in parts):
                raise needs(found[1])
            return "/".join(quote(part, safe="") for part in parts)

        return _NAME.sub(fill, template)

    def text(self, template: str) -> str:
        """A text with parameters in it."""

        def fill(found: re.Match[str]) -> str:
            value = self.parameter(found[1])
            return "" if value is MISSING else read_text(value)

        return _NAME.sub(fill, template)


def needs(name: str) -> InvalidInput:
    """The error for a parameter that is missing."""
    return InvalidInput(f"{name!r} is missing.", code="node.invalid_parameter", place=name, hint="Fill it in.")


def _first(values: Values, wanted: Mapping[str, Any]) -> Any:
    return next((made for each in wanted["first"] if (made := values.make(each)) is not MISSING), MISSING)


def _json(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["json"])
    if not isinstance(given, str):
        return given
    try:
        return parse_json(given)
    except ValueError as error:
        raise InvalidInput(
            f"This is not valid JSON: {error}.", code="node.invalid_parameter", place=str(wanted["json"]).lstrip("$")
        ) from None


def _object(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["object"])
    if not isinstance(given, list):
        return MISSING
    named = [entry for entry in given if isinstance(entry, Mapping) and entry.get(wanted["name"])]
    return {str(entry[wanted["name"]]): entry.get(wanted["value"]) for entry in named} or MISSING


def _each(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["each"])
    if not isinstance(given, list):
        return MISSING
    return [Values(entry, values.item).make(wanted["take"]) for entry in given if isinstance(entry, Mapping)] or MISSING


def _split(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["split"])
    if isinstance(given, list):
        return [part for entry in given for part in split_names(read_text(entry))] or MISSING
    return MISSING if given is MISSING else split_names(read_text(given)) or MISSING


def _join(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["join"])
    if not isinstance(given, list):
        return given
    return str(wanted.get("by", ",")).join(read_text(entry) for entry in given) or MISSING


def _when(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["when"])
    holds = given in wanted["is"] if isinstance(wanted["is"], list) else given == wanted["is"]
    chosen = wanted.get("then", MISSING) if holds else wanted.get("else", MISSING)
    return MISSING if chosen is MISSING else values.make(chosen)


def _read(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["read"])
    return given if given is MISSING else READERS[wanted["by"]](read_text(given))


def _epoch(values: Values, wanted: Mapping[str, Any]) -> Any:
    given = values.make(wanted["epoch"])
    if given is MISSING:
        return MISSING
    text = read_text(given)
    if re.fullmatch(r"\d+", text):
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        place = str(wanted["epoch"]).lstrip("$")
        raise InvalidInput(f"{text[:80]!r} is no time.", code="node.invalid_parameter", place=place) from None
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return int(seconds * 1000) if wanted["in"] == "milliseconds" else int(seconds)


def _make(values: Values, wanted: Mapping[str, Any]) -> Any:
    made = MAKERS[wanted["make"]](values.parameters, values.item)
    return MISSING if made in ("", []) else made


_KEYS: Mapping[str, set[str]] = {
    "first": {"first"},
    "json": {"json"},
    "object": {"object", "name", "value"},
    "each": {"each", "take"},
    "split": {"split"},
    "join": {"join", "by"},
    "when": {"when", "is", "then", "else"},
    "read": {"read", "by"},
    "epoch": {"epoch", "in"},
    "fill": {"fill"},
    "make": {"make"},
    "literal": {"literal"},
}
"""What an object says that is an action; any other is an object of the request."""
_ACTIONS: Mapping[str, Callable[[Values, Mapping[str, Any]], Any]] = {
    "first": _first,
    "json": _json,
    "object": _object,
    "each": _each,
    "split": _split,
    "join": _join,
    "when": _when,
    "read": _read,
    "epoch": _epoch,
    "fill": lambda values, wanted: values.text(wanted["fill"]) or MISSING,
    "make": _make,
    "literal": lambda _values, wanted: wanted["literal"],
}
