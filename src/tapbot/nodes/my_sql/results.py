"""What MySQL wrote, as JSON. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tapbot.nodes.date_formats import utc_iso
from tapbot.nodes.javascript import parse_json
from tapbot.storage.types import JsonObject
from tapbot.upstream.mysql import Table

LARGEST_SAFE = 2**53 - 1
BIGINT, DECIMAL, NEW_DECIMAL = 8, 0, 246
Reader = Callable[[str], Any]


def _moment(text: str) -> str:
    """A time as JavaScript writes it, taken for UTC: the server keeps no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # 0000-00-00
        return text
    return utc_iso(moment.replace(tzinfo=UTC))


def _float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


READERS: Mapping[int, Reader] = {
    1: int, 2: int, 3: int, 9: int, 13: int,
    4: _float, 5: _float,
    7: _moment, 10: _moment, 12: _moment,
    245: parse_json,
}  # fmt: skip
"""By the numbers of types in the protocol."""


def read_table(table: Table, *, large_numbers: bool, decimals: bool) -> list[JsonObject]:
    """Rows as records.

    Args:
        large_numbers: `BIGINT` becomes a number even where JavaScript cannot hold all its digits.
        decimals: `DECIMAL` becomes a number; otherwise a text with all its digits.
    """
    columns = [(name, _reader(kind, large_numbers, decimals)) for name, kind in table.columns or ()]
    return [{name: _read(cell, read) for (name, read), cell in zip(columns, row, strict=True)} for row in table.rows]


def tell_change(table: Table) -> JsonObject:
    """What a statement without rows did."""
    return {"affectedRows": table.changed, "insertId": table.made_id}


def _read(cell: str | bytes | None, read: Reader) -> Any:
    if cell is None:
        return None
    if isinstance(cell, bytes):  # as JavaScript writes a buffer
        return {"type": "Buffer", "data": [*cell]}
    return read(cell)


def _reader(kind: int, large_numbers: bool, decimals: bool) -> Reader:
    if kind == BIGINT:
        return int if large_numbers else _safe_number
    if kind in {DECIMAL, NEW_DECIMAL}:
        return _float if decimals else str
    return READERS.get(kind, str)


def _safe_number(text: str) -> int | str:
    return int(text) if abs(int(text)) <= LARGEST_SAFE else text
