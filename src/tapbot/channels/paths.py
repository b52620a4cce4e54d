"""Finding something in JSON by a plain path such as `messages.0.id`: names and numbers, nothing that runs."""

from __future__ import annotations

from typing import Any


def find(value: Any, path: str) -> Any:
    """What stands at a path; `None` where nothing does. The empty path is the value itself.

    Args:
        value: Decoded JSON.
        path: Names of fields and positions in lists (from 0), with dots between them.
    """
    for name in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and len(name) < 7 and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def find_text(value: Any, path: str) -> str:
    """A text or a number at a path, without NUL (which PostgreSQL's text does not take); empty where there is none."""
    found = find(value, path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found).replace("\0", "")
