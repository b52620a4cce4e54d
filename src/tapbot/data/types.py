"""Collections, fields and conditions. Frozen, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.types import TypeEngine

from tapbot.errors import InvalidInput

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,40}")
"""What collections and fields may be called (whole match): such names need no quoting anywhere."""

OWN_FIELDS: Mapping[str, str] = {"id": "uuid", "created_at": "datetime", "updated_at": "datetime"}
"""Fields that every record has, with their types."""
OWN_TITLES: Mapping[str, Mapping[str, str]] = {
    "created_at": {"kk": "Жасалды", "ru": "Создано", "en": "Created"},
    "updated_at": {"kk": "Өзгертілді", "ru": "Изменено", "en": "Changed"},
}
"""What people read for them."""

Match = Literal["all", "any"]
"""Whether all conditions must hold, or one of them."""
Operator = Literal["eq", "neq", "lt", "lte", "gt", "gte", "in", "nin", "null", "nnull", "contains"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of a choice field and what people read for it."""

    value: str
    title: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sequence:
    """How a sequence field counts: `prefix` followed by a number, the first of which is `start`."""

    start: int = 1
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a collection. `default` is already a JSON value that the field's type accepts."""

    name: str
    type: str
    title: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    unique: bool = False
    default: Any = None
    choices: tuple[Choice, ...] = ()
    sequence: Sequence | None = None
    to: str | None = None
    """Collection that a reference field points to."""
    column: str | None = None
    """What Data Table nodes of an imported workflow call the field, where that is no name a field may have."""


@dataclass(frozen=True)
class Collection:
    """A kind of record of one project, as its file defines it."""

    name: str
    title: Mapping[str, str]
    fields: tuple[Field, ...]
    time_zone: str
    """IANA zone in which times are shown, and in which a time without an offset is read."""
    sort: tuple[str, ...] = ()
    """Names of fields; a leading `-` turns the order round."""
    unique: tuple[tuple[str, ...], ...] = ()
    """Groups of fields whose values together are unique."""
    seed: str | None = None
    """Path of a CSV file with the first records."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone, ready for use."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def all_fields(self) -> Mapping[str, Field]:
        """Every field by name: `id` first, the two times last."""
        own = {
            name: Field(name=name, type=type_name, title=OWN_TITLES.get(name, {}))
            for name, type_name in OWN_FIELDS.items()
        }
        return {"id": own.pop("id"), **{each.name: each for each in self.fields}, **own}

    @cached_property
    def unique_groups(self) -> tuple[tuple[str, ...], ...]:
        """Every rule of uniqueness: of single fields, then of groups."""
        return tuple((each.name,) for each in self.fields if each.unique) + self.unique


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a record. A query says whether all must hold, or one.

    `neq` and `nin` also hold for a missing value; `null` and `nnull` ask for one and take no value. `contains` finds
    text as it is written, in lower case, in upper case and capitalised.
    """

    field: str
    op: Operator
    value: Any = None


@dataclass(frozen=True, slots=True)
class FieldType:
    """What one type of field does. Each file of `fields/` makes one."""

    column: Callable[[], TypeEngine[Any]]
    """The database's type."""
    parse: Callable[[Field, Any, ZoneInfo], Any]
    """A given value to a stored one; raises `InvalidInput` saying what was expected."""
    show: Callable[[Any, ZoneInfo], Any]
    """A stored value to JSON."""
    text: bool = False
    """It holds text: `contains` works."""
    counts: bool = False
    """It holds a number: `increment` works."""
    ordered: bool = True
    """Its values can be compared and sorted."""
    assigned: bool = False
    """The store gives the value; nobody else may."""
    read_cell: Callable[[str], Any] | None = None
    """A cell of a CSV file to a value for `parse`, where the cell's text itself will not do."""


def unexpected(expected: str, value: object) -> InvalidInput:
    """The error for a value that a field's type does not take."""
    shown = repr(value)
    clipped = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return InvalidInput(f"expected {expected}, got {clipped}.", code="data.invalid_value")


def as_it_is(value: Any, _zone: ZoneInfo) -> Any:
    """Show a value that is JSON already."""
    return value
