"""What the Bot API's specification says about methods and arguments, and the check of a call against it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapbot.emulators.telegram.amendments import NEWER_ARGUMENTS, NEWER_FIELDS, OLDER_ARGUMENTS

INTEGER = re.compile(r"-?\d{1,19}")
TRUTHS = {"true": True, "false": False, "1": True, "0": False}


class Refusal(Exception):  # the Bot API's own word is not "error": it is an answer with ok = false
    """An answer that says no, in the Bot API's shape."""

    def __init__(self, error_code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.body: dict[str, Any] = {"ok": False, "error_code": error_code, "description": description}
        if parameters:
            self.body["parameters"] = parameters

    @property
    def error_code(self) -> int:
        """Also the HTTP status."""
        code: int = self.body["error_code"]
        return code


def bad_request(reason: str) -> Refusal:
    """The refusal of a call that breaks a rule."""
    return Refusal(400, f"Bad Request: {reason}")


def query_is_too_old() -> Refusal:
    """The refusal of an answer to something that nobody asked, or that was answered."""
    return bad_request("query is too old and response timeout expired or query ID is invalid")


@dataclass(frozen=True)
class Upload:
    """A file that came with a multipart request."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Facts:
    """Methods, the types of their answers, and types by name; a type is its fields, or the types that it may be."""

    version: str
    methods: Mapping[str, Mapping[str, str]]
    answers: Mapping[str, str]
    types: Mapping[str, Mapping[str, str] | list[str]]


@functools.cache
def load_facts() -> Facts:
    """Read `facts.json`, which `scripts/generate_telegram_facts.py` writes, and amend it."""
    read = json.loads((Path(__file__).parent / "facts.json").read_text("utf-8"))
    for name, fields in NEWER_FIELDS.items():
        read["types"][name].update(fields)
    for name, arguments in read["methods"].items():
        for replaced_by, older in OLDER_ARGUMENTS.items():
            arguments.update(older if replaced_by in arguments else {})
        arguments.update(NEWER_ARGUMENTS.get(name, {}))
    return Facts(**read)


def check_arguments(facts: Facts, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check a call and turn its arguments into their types: forms carry numbers and objects as text.

    Raises:
        Refusal: 404 for an unknown method; 400 for an unknown, missing or wrong-typed argument.
    """
    fields = facts.methods.get(method)
    if fields is None:
        raise Refusal(404, "Not Found: method not found")
    unknown = sorted(given.keys() - fields.keys())
    if unknown:
        raise bad_request(f'unknown parameter "{unknown[0]}"')
    return _read_fields(facts, fields, given, "")


def _read_fields(facts: Facts, fields: Mapping[str, str], given: Mapping[str, Any], place: str) -> dict[str, Any]:
    read = {}
    for name, written in fields.items():
        value = given.get(name)
        if value is None:
            if written.startswith("!"):
                raise bad_request(f'parameter "{place}{name}" is required')
            continue
        read[name] = read_value(facts, written.lstrip("!"), value, f"{place}{name}")
    return read


def read_value(facts: Facts, written: str, value: Any, place: str) -> Any:
    """A value as one of the types that are written, for example `Integer|String`.

    Raises:
        Refusal: It is none of them.
    """
    refusals = []
    for kind in written.split("|"):
        try:
            return _read_one(facts, kind, value, place)
        except Refusal as refusal:
            refusals.append(refusal)
    # The refusal of the only choice says more than "none fits".
    raise refusals[0] if len(refusals) == 1 else bad_request(f'parameter "{place}" must be of type {written}')


def _read_one(facts: Facts, kind: str, value: Any, place: str) -> Any:
    if kind.startswith("[]"):
        items = _unpack(value)
        if not isinstance(items, list):
            raise _wrong_type(place, "Array")
        return [read_value(facts, kind[2:], item, f"{place}[{position}]") for position, item in enumerate(items)]
    plain = PLAIN.get(kind)
    if plain is not None:
        found = plain(value)
        if found is None:
            raise _wrong_type(place, kind)
        return found
    return _read_object(facts, kind, value, place)


def _read_object(facts: Facts, kind: str, value: Any, place: str) -> Any:
    described, found = facts.types[kind], _unpack(value)
    if isinstance(described, list):
        return read_value(facts, "|".join(described), found, place)
    if not isinstance(found, dict):
        raise _wrong_type(place, kind)
    return {**found, **_read_fields(facts, described, found, f"{place}.")}


def _unpack(value: Any) -> Any:
    """Lists and objects come as JSON text in a form."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def _wrong_type(place: str, kind: str) -> Refusal:
    return bad_request(f'parameter "{place}" must be of type {kind}')


def _read_integer(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and INTEGER.fullmatch(value) else None


def _read_float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _read_boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else TRUTHS.get(value.lower()) if isinstance(value, str) else None


def _read_string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _read_file(value: Any) -> Upload | str | None:
    return value if isinstance(value, (Upload, str)) else None


PLAIN = {
    "Integer": _read_integer,
    "Float": _read_float,
    "Boolean": _read_boolean,
    "String": _read_string,
    "InputFile": _read_file,
}
