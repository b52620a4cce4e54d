"""What a process does: some of it, or everything."""

from __future__ import annotations

from enum import StrEnum

from tapbot.errors import InvalidInput
from tapbot.settings import Settings


class Role(StrEnum):
    """A part of the work that any number of processes may do."""

    WEB = "web"
    """Accepts requests, commits, publishes, answers."""
    WORKER = "worker"
    """Takes turns and runs, and sends messages."""
    SCHEDULER = "scheduler"
    """Schedules, timers, polling, and what was left behind: one of them leads."""


EVERYTHING = frozenset(Role)


def check_shared(settings: Settings, role: Role) -> None:
    """Refuse to be one process of several over stores that only one process can have.

    Raises:
        InvalidInput: The settings name no PostgreSQL.
    """
    if settings.storage.url is None:
        raise InvalidInput(
            f"`tapbot {role}` works beside other processes, and SQLite is for one process alone.",
            code="cli.needs_postgresql",
            place="storage.url",
            hint="Give the address of PostgreSQL by TAPBOT_STORAGE__URL, or run everything by `tapbot up`.",
        )
