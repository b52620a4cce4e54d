"""Reading and writing a place inside a record by its path: `order.lines[0].price`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

PART = re.compile(r"""\[\s*(?:(?P<index>\d+)|(?P<quote>["'])(?P<quoted>.*?)(?P=quote))\s*\]|(?P<name>[^.\[\]]+)|\.""")
MOST_PADDING = 10_000
"""Longest hole that an index may leave in a list: `a[999999999]` must not fill the memory."""

Path = Sequence[str | int]


@lru_cache(maxsize=1024)
def split_path(text: str) -> tuple[str | int, ...]:
    """The parts of a path: names as strings, list positions as numbers. The same few are asked for in every run."""
    parts: list[str | int] = []
    for match in PART.finditer(text):
        if match["index"] is not None:
            parts.append(int(match["index"]))
        elif match["quoted"] is not None:
            parts.append(match["quoted"])
        elif match["name"] is not None:
            parts.append(match["name"])
    return tuple(parts) or (text,)


def get_path(record: Any, text: str, *, dots: bool = True) -> tuple[bool, Any]:
    """Look a place up.

    Args:
        dots: Follow the path; otherwise `text` is one plain key.

    Returns:
        Whether there is such a place, and its value.
    """
    if not dots or (isinstance(record, dict) and text in record):
        return (True, record[text]) if isinstance(record, dict) and text in record else (False, None)
    place = record
    for part in split_path(text):
        if isinstance(place, dict) and str(part) in place:
            place = place[str(part)]
        elif isinstance(place, list) and str(part).isdecimal() and int(part) < len(place):
            place = place[int(part)]
        else:
            return False, None
    return True, place


def set_path(record: dict[str, Any], text: str, value: Any, *, dots: bool = True) -> None:
    """Write a value to a place; what lies on the way is copied, so that other holders of it see no change.

    Args:
        record: Changed in place. Its nested values may belong to somebody else.
        dots: Follow the path; otherwise `text` is one plain key.
    """
    parts = split_path(text) if dots else (text,)
    if len(parts) == 1:
        record[str(parts[0])] = value
        return
    place: Any = record
    for part, following in pairwise(parts):
        place = _step_into(place, part, following)
    _put(place, parts[-1], value)


def remove_path(record: dict[str, Any], text: str, *, dots: bool = True) -> None:
    """Take a place away, copying what lies on the way; nothing happens where there is no such place."""
    if not dots or text in record:
        record.pop(text, None)
        return
    if not get_path(record, text)[0]:
        return
    parts = split_path(text)
    place: Any = record
    for part, following in pairwise(parts):
        place = _step_into(place, part, following)
    if isinstance(place, dict):
        place.pop(str(parts[-1]), None)
    else:
        place[int(parts[-1])] = None


def _step_into(place: Any, part: str | int, following: str | int) -> Any:
    """A copy of the container at `part`, put back in its place; a new one where there is none."""
    inner = get_path(place, str(part), dots=False)[1] if isinstance(place, dict) else _entry(place, part)
    if isinstance(inner, dict):
        inner = dict(inner)
    elif isinstance(inner, list):
        inner = list(inner)
    else:
        inner = [] if isinstance(following, int) else {}
    _put(place, part, inner)
    return inner


def _entry(place: list[Any], part: str | int) -> Any:
    return place[int(part)] if str(part).isdecimal() and int(part) < len(place) else None


def _put(place: Any, part: str | int, value: Any) -> None:
    if isinstance(place, dict):
        place[str(part)] = value
    elif str(part).isdecimal() and int(part) <= len(place) + MOST_PADDING:
        place.extend([None] * (int(part) + 1 - len(place)))
        place[int(part)] = value
