"""What PostgreSQL wrote, as JSON. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tapbot.nodes.date_formats import utc_iso
from tapbot.nodes.javascript import parse_json
from tapbot.upstream.postgres import Table

Reader = Callable[[str], Any]


def _float(text: str) -> float | None:
    """JSON has no NaN and no infinity."""
    number = float(text)
    return number if math.isfinite(number) else None


def _number(text: str) -> int | float | None:
    return int(text) if text.lstrip("-").isdecimal() else _float(text)


def _moment(text: str) -> str:
    """A time as JavaScript writes it; one without a zone is taken for UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # infinity, or before Christ
        return text
    return utc_iso(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))


BOOL, INT8, NUMERIC = 16, 20, 1700
READERS: Mapping[int, Reader] = {
    BOOL: lambda text: text == "t",
    21: int, 23: int, 26: int,
    700: _float, 701: _float,
    114: parse_json, 3802: parse_json,
    1082: _moment, 1114: _moment, 1184: _moment,
}  # fmt: skip
"""By the numbers of types in `pg_type`."""
ARRAYS = {
    1000: BOOL, 1005: 21, 1007: 23, 1016: INT8, 1021: 700, 1022: 701, 1231: NUMERIC, 1009: 25, 1015: 1043, 1014: 1042,
    1115: 1114, 1182: 1082, 1185: 1184, 199: 114, 3807: 3802, 2951: 2950,
}  # fmt: skip
"""Types of arrays, and of what they hold."""


def read_table(table: Table, *, numbers: bool) -> list[dict[str, Any]]:
    """Rows as records.

    Args:
        numbers: `BIGINT` and `NUMERIC` become numbers; otherwise they stay texts with all their digits.
    """
    columns = [(name, reader_of(oid, numbers=numbers)) for name, oid in table.columns or ()]
    return [
        {name: None if cell is None else read(cell) for (name, read), cell in zip(columns, row, strict=True)}
        for row in table.rows
    ]


def reader_of(oid: int, *, numbers: bool) -> Reader:
    """What reads a column of a type."""
    if oid in ARRAYS:
        inner = reader_of(ARRAYS[oid], numbers=numbers)
        return lambda text: read_array(text, inner)
    if oid in {INT8, NUMERIC}:
        return _number if numbers else str
    return READERS.get(oid, str)


def read_array(text: str, read: Reader) -> list[Any]:
    """An array as the server writes it: `{1,2}`, `{"a b",NULL}`, `{{1},{2}}`."""
    start = text.index("{")  # bounds may stand before it: `[0:1]={1,2}`
    return _read_array(_marks(text[start + 1 :]), read)


def _marks(text: str) -> Iterator[tuple[str, bool]]:
    """Braces, commas and entries; a quoted entry is told apart."""
    place = 0
    while place < len(text):
        letter = text[place]
        if letter in "{},":
            place += 1
            yield letter, False
        elif letter == '"':
            entry, place = _quoted(text, place + 1)
            yield entry, True
        else:
            end = next((at for at in range(place, len(text)) if text[at] in ",}"), len(text))
            yield text[place:end], False
            place = end


def _quoted(text: str, place: int) -> tuple[str, int]:
    entry = []
    while text[place] != '"':
        if text[place] == "\\":
            place += 1
        entry.append(text[place])
        place += 1
    return "".join(entry), place + 1


def _read_array(marks: Iterator[tuple[str, bool]], read: Reader) -> list[Any]:
    found: list[Any] = []
    for mark, quoted in marks:
        if quoted or mark not in {"{", "}", ","}:
            found.append(None if mark == "NULL" and not quoted else read(mark))
        elif mark == "{":
            found.append(_read_array(marks, read))
        elif mark == "}":
            break
    return found
