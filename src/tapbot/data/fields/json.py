"""Any JSON value."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tapbot.data.types import Field, FieldType, as_it_is, unexpected
from tapbot.storage.columns import Json

LIMIT_BYTES = 1_000_000


def parse(_field: Field, value: Any, _zone: ZoneInfo) -> Any:
    """Take whatever JSON can carry, up to a megabyte."""
    try:
        encoded = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError):
        raise unexpected("a JSON value", value) from None
    if len(encoded) > LIMIT_BYTES:
        raise unexpected(f"at most {LIMIT_BYTES} bytes of JSON", value)
    return msgspec.json.decode(encoded)


def read_cell(text: str) -> Any:
    """Take JSON that is written in a CSV file."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise unexpected("JSON", text) from None


field_type = FieldType(column=Json, parse=parse, show=as_it_is, ordered=False, read_cell=read_cell)
