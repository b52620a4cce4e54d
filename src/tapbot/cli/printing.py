"""What commands print: answers to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


def show(text: str) -> None:
    """Print a line of the answer."""
    sys.stdout.write(f"{text}\n")


def show_json(value: Any) -> None:
    """Print the answer as one JSON value, for machines."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def flush() -> None:
    """Hand over what was printed, for a reader on a pipe."""
    sys.stdout.flush()


def tell(text: str) -> None:
    """Say something to the person at the terminal, beside the answer."""
    sys.stderr.write(f"{text}\n")


def show_table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, empty: str) -> None:
    """Print rows in aligned columns.

    Args:
        columns: Headings by key.
        empty: What to say when there are no rows.
    """
    if not rows:
        tell(empty)
        return
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    headings = list(columns.values())
    widths = [max(len(line[index]) for line in [headings, *cells]) for index in range(len(headings))]
    for line in [headings, *cells]:
        show("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
