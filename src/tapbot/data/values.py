"""Given values to stored ones, and rows to records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from tapbot.data.fields import find_field_type
from tapbot.data.types import OWN_FIELDS, Collection, Field
from tapbot.errors import InvalidInput


def new_values(collection: Collection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values of a new record: what was given, then defaults; `id` only where it was given.

    Raises:
        InvalidInput: A field is unknown, a value has the wrong type, or a required one is missing.
    """
    stored = _parse_all(collection, values, settable={"id"})
    for field in collection.fields:
        if stored.get(field.name) is None and field.default is not None:
            stored[field.name] = parse_value(collection, field, field.default)
        if field.required and stored.get(field.name) is None:
            raise InvalidInput("a value is needed.", code="data.missing_value", place=f"{collection.name}.{field.name}")
    return stored


def changed_values(collection: Collection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values of a change.

    Raises:
        InvalidInput: A field is unknown, a value has the wrong type, or a required one would go.
    """
    stored = _parse_all(collection, values, settable=set())
    for field in collection.fields:
        if field.required and field.name in stored and stored[field.name] is None:
            raise InvalidInput("a value is needed.", code="data.missing_value", place=f"{collection.name}.{field.name}")
    return stored


def find_field(collection: Collection, name: str) -> Field:
    """A field by name.

    Raises:
        InvalidInput: There is none; the hint lists those there are.
    """
    field = collection.all_fields.get(name)
    if field is None:
        raise InvalidInput(
            f"there is no field {name!r}.",
            code="data.unknown_field",
            place=collection.name,
            hint=f"The fields are {', '.join(collection.all_fields)}.",
        )
    return field


def parse_value(collection: Collection, field: Field, value: Any) -> Any:
    """One given value to a stored one.

    Raises:
        InvalidInput: The field's type does not take it; the place is collection and field.
    """
    try:
        return find_field_type(field.type).parse(field, value, collection.zone)
    except InvalidInput as error:
        place = f"{collection.name}.{field.name}"
        raise InvalidInput(error.message, code=error.code, place=place, hint=error.hint) from None


def show_record(collection: Collection, row: RowMapping) -> dict[str, Any]:
    """A row as JSON, in the order of the definition."""
    shown: dict[str, Any] = {}
    for name, field in collection.all_fields.items():
        value = row[name]
        shown[name] = None if value is None else find_field_type(field.type).show(value, collection.zone)
    return shown


def _parse_all(collection: Collection, values: Mapping[str, Any], *, settable: set[str]) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    for name, value in values.items():
        field = find_field(collection, name)
        if find_field_type(field.type).assigned or (name in OWN_FIELDS and name not in settable):
            raise InvalidInput(
                "tapbot gives this value itself.", code="data.assigned_field", place=f"{collection.name}.{name}"
            )
        stored[name] = None if value is None else parse_value(collection, field, value)
    return stored
