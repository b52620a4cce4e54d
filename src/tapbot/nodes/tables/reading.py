"""Rows of a table in a file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import Field

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.loader import load
from tapbot.nodes.binaries import LARGEST_BYTES
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import plain, to_text
from tapbot.nodes.markup.extract import parse_html
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams

MOST_ROWS = 200_000
MOST_CELLS = 5_000_000
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # day 0 of spreadsheets, which have no zones
SPREADSHEETS = frozenset({"xls", "xlsx", "ods"})
STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How spreadsheets begin: a ZIP archive, or an OLE one."""


class TableOptions(NodeParams):
    """How a table is read."""

    delimiter: Text = ","
    """What stands between the values of a line of CSV."""
    encoding: Text = "utf-8"
    """How letters are written in a CSV."""
    enable_bom: bool = Field(default=False, alias="enableBOM")
    """Leave out the mark at the begin of a CSV that tells its encoding."""
    from_line: int = Field(default=0, ge=0)
    """First line of a CSV that is read, from 1."""
    max_row_count: int = Field(default=-1, ge=-1)
    """Most rows of a CSV that are read; -1 for all."""
    header_row: bool = True
    """Whether the first row names the fields."""
    include_empty_cells: bool = False
    """Write an empty text for an empty cell, instead of leaving the field out."""
    read_as_string: bool = False
    """Give all values as texts."""
    raw_data: bool = False
    """Accepted; values are given as they are in any case."""
    relax_quotes: bool = False
    """Accepted; quotes inside of values are taken for letters in any case."""
    range: Text = ""
    """Cells that are read, such as `A2:D10`, or the number of the first row."""
    sheet_name: Text = ""
    """Sheet that is read; the first one where none is named."""


def read_table(content: bytes, kind: str, options: TableOptions) -> list[JsonObject]:
    """The rows of a table, as records.

    Args:
        kind: `csv`, `xls`, `xlsx`, `ods`, `html`, or `autodetect`.

    Raises:
        InvalidInput: The file is no such table.
        LimitExceeded: It is too large.
    """
    if kind == "autodetect":
        kind = "xlsx" if content.startswith(STARTS) else "csv"
    if kind == "csv":
        return _read_csv(content, options)
    if kind == "html":
        return _records(_read_html(content), options)
    return _records(_read_sheet(content, options), options)


def _read_csv(content: bytes, options: TableOptions) -> list[JsonObject]:
    encoding = "utf-8-sig" if options.enable_bom else options.encoding
    try:
        text = content.decode(encoding, "replace")
    except LookupError:
        raise InvalidInput(f"There is no encoding {options.encoding!r}.", code="node.invalid_parameter") from None
    delimiter = options.delimiter.replace("\\t", "\t") or ","
    if len(delimiter) != 1:
        raise InvalidInput("The delimiter is one character.", code="node.invalid_parameter", place="options.delimiter")
    # A byte order mark before a quote would else be taken for a letter of the value.
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    try:
        rows = _limited([row for number, row in enumerate(lines, 1) if row and number >= options.from_line])
    except csv.Error as error:
        raise InvalidInput(f"This is no CSV: {error}.", code="node.invalid_table") from None
    if rows and mark:
        rows[0] = [mark + rows[0][0], *rows[0][1:]]
    if not options.header_row:
        count = None if options.max_row_count < 0 else options.max_row_count
        return [{"row": [*row]} for row in rows[:count]]
    count = None if options.max_row_count < 0 else options.max_row_count + 1
    head = rows[0] if rows else []
    return [dict(zip(head, row, strict=False)) for row in rows[1:count]]


def _read_sheet(content: bytes, options: TableOptions) -> list[Sequence[Any]]:
    _check_archive(content)
    calamine = load("python_calamine")
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = options.sheet_name or (book.sheet_names[0] if book.sheet_names else "")
        if name not in book.sheet_names:
            raise InvalidInput(
                f"Spreadsheet does not contain sheet called {name!r}!",
                code="node.invalid_table",
                hint=f"It has: {', '.join(book.sheet_names)}.",
            )
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height * max(1, sheet.total_width) > MOST_CELLS:
            raise LimitExceeded(f"The sheet has more than {MOST_CELLS} cells.", code="node.too_many_items")
        rows: list[Sequence[Any]] = sheet.to_python(skip_empty_area=True)
    except calamine.CalamineError as error:
        raise InvalidInput(f"This spreadsheet cannot be read: {error}.", code="node.invalid_table") from None
    return _cut(rows, options.range)


def _check_archive(content: bytes) -> None:
    """Refuse an archive that would grow beyond all measure."""
    if not content.startswith(STARTS[0]):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise InvalidInput("This spreadsheet is damaged.", code="node.invalid_table") from None
    if size > LARGEST_BYTES:
        raise LimitExceeded(f"Unpacked it has more than {LARGEST_BYTES} bytes.", code="node.file_too_large")


def _cut(rows: list[Sequence[Any]], cells: str) -> list[Sequence[Any]]:
    """The rows of a range such as `B2:D10`."""
    cells = cells.strip().upper()
    if not cells:
        return rows
    if cells.isdecimal():
        return rows[int(cells) :]
    first, _, last = cells.partition(":")
    (left, top), (right, bottom) = _cell(first), _cell(last or first)
    return [row[left : right + 1] for row in rows[top : bottom + 1]]


def _cell(name: str) -> tuple[int, int]:
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    if not letters.isascii() or not letters.isalpha() or not digits or len(letters) > 3 or len(digits) > 7:
        raise InvalidInput(f"{name!r} names no cell.", code="node.invalid_parameter", place="options.range")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1, int(digits) - 1


def _read_html(content: bytes) -> list[Sequence[Any]]:
    table = parse_html(content.decode("utf-8", "replace")).css_first("table")
    if table is None:
        raise InvalidInput("The HTML has no table.", code="node.invalid_table")
    return [[_number(cell.text(deep=True).strip()) for cell in row.css("td, th")] for row in table.css("tr")]


def _number(text: str) -> Any:
    try:
        return plain(float(text)) if text and len(text) < 16 and text[-1].isdecimal() else text
    except ValueError:
        return text


def _records(rows: Iterable[Sequence[Any]], options: TableOptions) -> list[JsonObject]:
    filled = _limited([[_value(value, options) for value in row] for row in rows if any(value != "" for value in row)])
    if not options.header_row:
        return [{"row": row} for row in filled]
    if not filled:
        return []
    head = _names(filled[0])
    return [
        {name: value for name, value in zip(head, row, strict=False) if value != "" or options.include_empty_cells}
        for row in filled[1:]
    ]


def _names(row: Sequence[Any]) -> list[str]:
    """Names of the fields; an empty or a repeated one gets a number."""
    names: list[str] = []
    for value in row:
        name = to_text(value) or "__EMPTY"
        free, number = name, 1
        while free in names:
            free, number = f"{name}_{number}", number + 1
        names.append(free)
    return names


def _value(value: Any, options: TableOptions) -> Any:
    if isinstance(value, bool):
        shown: Any = value
    elif isinstance(value, (int, float)):
        shown = plain(value)
    elif isinstance(value, timedelta):
        shown = plain(value / timedelta(days=1))
    elif isinstance(value, time):
        shown = plain((datetime.combine(EPOCH, value) - EPOCH) / timedelta(days=1))
    elif isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        shown = plain((moment - EPOCH) / timedelta(days=1))
    else:
        shown = "" if value is None else str(value)
    if not options.read_as_string:
        return shown
    return {True: "TRUE", False: "FALSE"}[shown] if isinstance(shown, bool) else to_text(shown)


def _limited(rows: list[Any]) -> list[Any]:
    if len(rows) > MOST_ROWS:
        raise LimitExceeded(f"The table has more than {MOST_ROWS} rows.", code="node.too_many_items")
    return rows
