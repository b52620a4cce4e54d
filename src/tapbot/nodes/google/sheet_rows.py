"""Rows and items: which column a value goes to, which rows fit, what changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text

Row = list[Any]
ROW_NUMBER = "row_number"
_GID = re.compile(r"(?:.*[#?&])?gid=(\d+)$")
_DOCUMENT = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([\w-]+)")


@dataclass(slots=True)
class Table:
    """A sheet as it was read.

    Args:
        header: Names of the columns.
        rows: Values below it.
        first_row: Number of the first of `rows` in the sheet.
    """

    header: list[str]
    rows: list[Row] = field(default_factory=list)
    first_row: int = 2

    def records(self) -> list[dict[str, Any]]:
        """Each row by its columns, with its number; rows without any value are left out."""
        return [
            {ROW_NUMBER: self.first_row + index, **self._named(row)}
            for index, row in enumerate(self.rows)
            if any(value not in ("", None) for value in row)
        ]

    def _named(self, row: Row) -> dict[str, Any]:
        padded = [*row, *[""] * (len(self.header) - len(row))]
        return {name: value for name, value in zip(self.header, padded, strict=False) if name}

    def find(self, record: Mapping[str, Any], columns: Sequence[str]) -> int | None:
        """Number of the first row that has these values."""
        if columns == [ROW_NUMBER]:
            return row_number(record)
        for known in self.records():
            if all(read_text(known.get(name)) == read_text(record.get(name)) for name in columns):
                return int(known[ROW_NUMBER])
        return None


def row_number(record: Mapping[str, Any]) -> int:
    """The number of a row that a record names.

    Raises:
        InvalidInput: It names none.
    """
    try:
        number = int(read_text(record.get(ROW_NUMBER)))
    except ValueError:
        number = 0
    if number < 1:
        raise InvalidInput("The item has no row_number.", code="node.invalid_parameter", place=ROW_NUMBER)
    return number


def read_table(values: Sequence[Row], *, header_row: int, first_data_row: int) -> Table:
    """A table from the values of a sheet.

    Raises:
        InvalidInput: The header would stand below the values.
    """
    if first_data_row <= header_row:
        raise InvalidInput("The first row of data is below the header.", code="node.invalid_parameter", place="options")
    named = values[header_row - 1] if len(values) >= header_row else []
    return Table(_unique([read_text(name) for name in named]), list(values[first_data_row - 1 :]), first_data_row)


def _unique(names: list[str]) -> list[str]:
    """A column without a name is called by its number, as n8n does; of two with one name the last is kept."""
    return [name or f"col_{index + 1}" for index, name in enumerate(names)]


def extend_header(header: Sequence[str], records: Sequence[Mapping[str, Any]], handling: str) -> list[str]:
    """The header with columns for fields that have none.

    Raises:
        InvalidInput: There are such fields, and they are to be an error.
    """
    extended = list(header)
    for record in records:
        for name in record:
            if name in extended or name == ROW_NUMBER:
                continue
            if handling == "error":
                raise InvalidInput(f"The sheet has no column {name!r}.", code="node.no_such_field", place="columns")
            if handling == "insertInNewColumn":
                extended.append(name)
    return extended


def write_row(header: Sequence[str], record: Mapping[str, Any]) -> Row:
    """A record as a row; a column that it lacks stays empty."""
    return [_cell(record.get(name)) for name in header]


def _cell(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, (bool, int, float)) else read_text(value)


def letter(index: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(text: str) -> int:
    """The number of a column from its letters: A is 0.

    Raises:
        InvalidInput: They are none.
    """
    if not re.fullmatch(r"[A-Za-z]{1,3}", text):
        raise InvalidInput(
            f"{text!r} is no column.", code="node.invalid_parameter", place="startIndex", hint="Write A."
        )
    index = 0
    for one in text.upper():
        index = index * 26 + ord(one) - 64
    return index - 1


def quote_sheet(title: str) -> str:
    """A sheet's name inside a range."""
    return "'" + title.replace("'", "''") + "'"


def document_id(given: str) -> str:
    """The id of a document, from itself or its address.

    Raises:
        InvalidInput: There is none.
    """
    found = _DOCUMENT.search(given)
    wanted = found[1] if found else given.strip()
    if not re.fullmatch(r"[\w-]+", wanted):
        raise InvalidInput("No document is chosen.", code="node.invalid_parameter", place="documentId")
    return wanted


def sheet_number(given: Any) -> int | None:
    """The number (`gid`) of a sheet, if it is chosen by one; `None` if by its name."""
    mode = given.get("mode") if isinstance(given, Mapping) else "name"
    text = read_text(given.get("value") if isinstance(given, Mapping) else given)
    found = _GID.match(text)
    if found:
        return int(found[1])
    return int(text) if mode in {"list", "id", "url"} and text.isdecimal() else None


def sheet_title(given: Any) -> str:
    """The name of a sheet that is chosen by it.

    Raises:
        InvalidInput: None is chosen.
    """
    text = read_text(given.get("value") if isinstance(given, Mapping) else given)
    if not text:
        raise InvalidInput("No sheet is chosen.", code="node.invalid_parameter", place="sheetName")
    return text
