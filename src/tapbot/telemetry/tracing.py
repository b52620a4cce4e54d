"""Spans of requests, turns, runs and steps. Without an endpoint they cost next to nothing and nothing is loaded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from tapbot.loader import load

Span = AbstractContextManager[object]
OpenSpan = Callable[[str, str | None, dict[str, str | int]], Span]

_NOTHING: Span = nullcontext()
_open: list[OpenSpan] = []


def span(name: str, *, run_id: str | None = None, **attributes: str | int) -> Span:
    """A span as long as the block lasts; a child of the one around it.

    Args:
        run_id: All spans of a run belong to one trace, in whichever process they were made.
        attributes: Ids and names; no secrets, and nothing that a customer wrote.
    """
    if not _open:
        return _NOTHING
    return _open[0](name, run_id, attributes)


def is_open() -> bool:
    """Whether spans go anywhere."""
    return bool(_open)


def start_tracing(endpoint: str, *, service: str) -> Callable[[], None]:
    """Send spans to an OpenTelemetry collector (OTLP over HTTP); gives the function that ends it.

    Args:
        endpoint: For example `http://127.0.0.1:4318/v1/traces`.
        service: Name of this process there.

    Raises:
        NotFound: The packages of the extra `traces` are not installed.
    """
    opened, stop = load("tapbot.telemetry.otlp").open_exporter(endpoint, service)
    _open.append(opened)

    def end() -> None:
        _open.clear()
        stop()

    return end
