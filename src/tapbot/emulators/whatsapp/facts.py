"""What the Cloud API's specification says about request bodies, and the check of a body against it."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapbot.emulators.whatsapp.amendments import AMENDMENTS

TRACES = itertools.count(1)
Json = dict[str, Any]


class Refusal(Exception):  # Graph's own word for it is "error"; here it is an answer that says no
    """An answer in the Graph API's error shape."""

    def __init__(self, code: int, message: str, *, status: int = 400, details: str = "", subcode: int | None = None):
        super().__init__(message)
        self.status = status
        error: Json = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
        if details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        if subcode is not None:
            error["error_subcode"] = subcode
        self.body: Json = {"error": {**error, "fbtrace_id": f"A{next(TRACES):010d}"}}


def bad_parameter(details: str) -> Refusal:
    """The refusal of a body that breaks a rule."""
    return Refusal(100, "Invalid parameter", details=details)


@dataclass(frozen=True)
class Facts:
    """Schemas of bodies by operation, and the named ones that they lead to."""

    version: str
    operations: Mapping[str, Json]
    schemas: Mapping[str, Json]


@functools.cache
def load_facts() -> Facts:
    """Read `facts.json`, which `scripts/generate_whatsapp_facts.py` writes, with what the documentation adds."""
    facts = Facts(**json.loads((Path(__file__).parent / "facts.json").read_text("utf-8")))
    for amendment in AMENDMENTS:
        amendment.apply(facts.operations, facts.schemas)
    return facts


def unpack_body(facts: Facts, operation: str, body: Json) -> Json:
    """Read lists and objects that came as JSON text, which Graph takes in the place of the thing itself."""
    schema = facts.operations[operation]
    known = facts.schemas[schema["is"]] if "is" in schema else schema
    wanted = {name for name, one in known.get("properties", {}).items() if one.get("type") in {"array", "object"}}
    return {name: _unpack(one) if name in wanted else one for name, one in body.items()}


def _unpack(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def check_body(facts: Facts, operation: str, body: Any) -> None:
    """Check a request's body, for example of `"POST /{Phone-Number-ID}/messages"`.

    Raises:
        Refusal: A field is unknown, missing, of another type, too long or too many.
    """
    _check(facts, facts.operations[operation], body, "")


def _check(facts: Facts, schema: Json, value: Any, place: str) -> None:
    if "is" in schema:
        return _check(facts, facts.schemas[schema["is"]], value, place)
    if "by" in schema:
        return _check_mapped(facts, schema, value, place)
    if "oneOf" in schema:
        return _check_choice(facts, schema, value, place)
    _check_type(schema, value, place)
    if isinstance(value, dict) and "properties" in schema:
        _check_object(facts, schema, value, place)
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            _check(facts, schema["items"], item, f"{place}[{number}]")
    return None


def _check_mapped(facts: Facts, schema: Json, value: Any, place: str) -> None:
    """A body whose one field says which schema it follows."""
    field = schema["by"]
    given = value.get(field) if isinstance(value, dict) else None
    said = given.lower() if isinstance(given, str) else ""
    target = schema["of"].get(said)
    if target is None:
        raise bad_parameter(f"Param {_join(place, field)} must be one of {{{', '.join(sorted(schema['of']))}}}.")
    _check(facts, facts.schemas[target], {**value, field: said}, place)


def _check_choice(facts: Facts, schema: Json, value: Any, place: str) -> None:
    """One of several shapes: the refusal is that of the shape whose required fields are there."""
    shared = schema.get("properties", {})
    refusals: list[tuple[bool, int, Refusal]] = []
    for choice in schema["oneOf"]:
        whole = choice if "is" in choice else {**choice, "type": "object"}
        if shared and "is" not in choice:
            whole["properties"] = shared | choice.get("properties", {})
        try:
            return _check(facts, whole, value, place)
        except Refusal as refusal:
            fits = isinstance(value, dict) and set(choice.get("required", ["?"])) <= value.keys()
            refusals.append((not fits, len(refusals), refusal))
    raise min(refusals)[2]


def _check_type(schema: Json, value: Any, place: str) -> None:
    kinds = schema.get("type", [])
    wanted = [kinds] if isinstance(kinds, str) else kinds
    if wanted and not any(_is(kind, value) for kind in wanted):
        raise bad_parameter(f"Param {place or 'body'} must be of type {' or '.join(wanted)}.")
    # Graph reads its words in any case.
    if "enum" in schema and str(value).lower() not in {str(one).lower() for one in schema["enum"]}:
        raise bad_parameter(f"Param {place} must be one of {{{', '.join(map(str, schema['enum']))}}}.")
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        raise bad_parameter(f"Param {place} must be no more than {schema['maxLength']} characters long.")
    if isinstance(value, list):
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
        if not least <= len(value) <= most:
            raise bad_parameter(f"Param {place} must have {least} to {most} items.")


def _is(kind: str, value: Any) -> bool:
    if kind in {"integer", "number"}:
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "object": dict, "array": list}[kind])


def _check_object(facts: Facts, schema: Json, value: Json, place: str) -> None:
    """Graph refuses keys that it does not know, whatever the specification leaves open."""
    properties = schema["properties"]
    for name in schema.get("required", []):
        if value.get(name) is None:  # null is as good as nothing
            raise bad_parameter(f"The parameter {_join(place, name)} is required.")
    for name, one in value.items():
        if name not in properties:
            raise bad_parameter(f'Unexpected key "{name}" on param "{place or "body"}".')
        if one is not None:
            _check(facts, properties[name], one, _join(place, name))


def _join(place: str, name: str) -> str:
    return f"{place}['{name}']" if place else name
