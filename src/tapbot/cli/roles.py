"""`tapbot worker` and `tapbot scheduler`: the roles without a web server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import uvloop

from tapbot.app.roles import Role, check_shared
from tapbot.app.serving import work
from tapbot.cli.printing import flush, show
from tapbot.settings import load_settings
from tapbot.telemetry import configure_logging


def worker(*, settings: Path | None = None, allow_private_network: bool = False) -> None:
    """Take turns and runs, and send messages. Needs PostgreSQL; start as many as you like.

    Projects come from the database, where `tapbot web` puts them.

    Args:
        settings: Folder whose `tapbot.toml` holds the settings of this process; the environment goes first.
        allow_private_network: Let workflows call private and loopback addresses.
    """
    upstream = {"upstream": {"allow_private_network": True}} if allow_private_network else {}
    _run(Role.WORKER, settings, upstream)


def scheduler(*, settings: Path | None = None) -> None:
    """Fire schedules and timers, poll channels, and free what was left behind; of several, one leads. Needs PostgreSQL.

    Args:
        settings: Folder whose `tapbot.toml` holds the settings of this process; the environment goes first.
    """
    _run(Role.SCHEDULER, settings, {})


def _run(role: Role, folder: Path | None, overrides: dict[str, dict[str, Any]]) -> None:
    settings = load_settings(folder, overrides)
    configure_logging(settings.log.level, settings.log.format)
    check_shared(settings, role)

    def announce() -> None:
        show(f"{role} works (Ctrl+C stops it)")
        flush()

    uvloop.run(work(settings, role, announce))
