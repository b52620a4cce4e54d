"""What a reader of runs does not see: values of headers that let somebody in."""

from __future__ import annotations

import re
from typing import Any

MASK = "•••"
SECRET_HEADER = re.compile(r"authorization|cookie|api[-_]?key|token|secret|password", re.IGNORECASE)


def mask_headers(value: Any) -> Any:
    """A copy of a JSON value in which the secret ones of all `headers` are masked; the run keeps them as they were."""
    if isinstance(value, list):
        return [mask_headers(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _masked(part) if name == "headers" and isinstance(part, dict) else mask_headers(part)
        for name, part in value.items()
    }


def _masked(headers: dict[str, Any]) -> dict[str, Any]:
    return {name: MASK if SECRET_HEADER.search(name) else mask_headers(given) for name, given in headers.items()}
