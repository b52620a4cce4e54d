"""Logs: structured, one line an event, with the ids of what they tell of and no secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

from tapbot.telemetry.quick_structlog import structlog

SECRET_WORDS = re.compile(r"(token|secret|password|api_?key|authorization|cookie)", re.IGNORECASE)
BOT_TOKEN = re.compile(r"\b\d{5,12}:[A-Za-z0-9_-]{30,}\b")


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value whose name says that it is a secret, and anything shaped like a bot's token."""
    for key, value in event.items():
        if key != "event" and SECRET_WORDS.search(key):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = BOT_TOKEN.sub("***", value)
    return event


class Stderr:
    """Standard error that never fails a caller: a full disk behind it costs log lines, not requests."""

    def write(self, text: str) -> None:
        """Write, or let it be."""
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Flush, or let it be."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure_logging(level: str, log_format: str) -> None:
    """Send logs to stderr.

    Args:
        level: Least severe entry that is written: debug, info, warning or error.
        log_format: `"json"` for machines, `"text"` for people.
    """
    render: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_secrets,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, Stderr())),
        cache_logger_on_first_use=False,
    )


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that names its room in each entry."""
    # Values given here stay lazy: a logger made at import time follows the configuration that comes later.
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=room)
    return bound
