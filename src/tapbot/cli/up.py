"""`tapbot up` and `tapbot web`: serve projects."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from tapbot.app.roles import EVERYTHING, Role, check_shared
from tapbot.app.serving import Announcement, serve
from tapbot.cli.places import find_data
from tapbot.cli.printing import flush, show, tell
from tapbot.project.snapshot import check_project_folder
from tapbot.settings import Settings, load_settings
from tapbot.storage.folder import note_holder
from tapbot.telemetry import configure_logging


def up(
    *project: Path,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    allow_private_network: bool = False,
    admin_email: str | None = None,
    admin_password: str | None = None,
) -> None:
    """Serve projects: bots, workflows, chats and the console, in one process, until it is stopped.

    Args:
        project: Folders of projects, or any folders that hold `workflows/`. The first one's settings are the server's.
        host: Address to listen on. Default: 127.0.0.1, or what the settings say.
        port: Port to listen on; 0 takes a free one. Default: 8080, or what the settings say.
        data: Data folder. Default: ./.tapbot/NAME. It may not lie inside the project.
        allow_private_network: Let workflows call private and loopback addresses.
        admin_email: Who may log in first; better given by TAPBOT_ADMIN__EMAIL.
        admin_password: Their password; better given by TAPBOT_ADMIN__PASSWORD, since others can see a command line.
    """
    if admin_password is not None:
        tell("A password on the command line can be read by others on this machine: use TAPBOT_ADMIN__PASSWORD.")
    overrides: dict[str, dict[str, Any]] = {
        "server": _given(host=host, port=port),
        "upstream": _given(allow_private_network=allow_private_network or None),
        "admin": _given(email=admin_email, password=admin_password),
    }
    folders, settings = _prepare(project, overrides)
    folder = find_data(str(folders[0]), data) if settings.storage.url is None else None
    uvloop.run(serve(folders, overrides, folder, partial(_announce, folder), roles=EVERYTHING))


def web(
    *project: Path,
    host: str | None = None,
    port: int | None = None,
    reuse_port: bool = False,
    allow_private_network: bool = False,
) -> None:
    """Answer requests: accept, commit, hand over to workers. Needs PostgreSQL; start as many as you like.

    Args:
        project: Folders of projects. The first one's settings are the server's.
        host: Address to listen on. Default: 127.0.0.1, or what the settings say.
        port: Port to listen on; 0 takes a free one. Default: 8080, or what the settings say.
        reuse_port: Share the port with other `tapbot web` on this machine: for restarts without a gap.
        allow_private_network: Let workflows that are answered here call private and loopback addresses.
    """
    overrides: dict[str, dict[str, Any]] = {
        "server": _given(host=host, port=port, reuse_port=reuse_port or None),
        "upstream": _given(allow_private_network=allow_private_network or None),
    }
    folders, settings = _prepare(project, overrides)
    check_shared(settings, Role.WEB)
    uvloop.run(serve(folders, overrides, None, partial(_announce, None), roles=frozenset({Role.WEB})))


def _prepare(project: tuple[Path, ...], overrides: dict[str, dict[str, Any]]) -> tuple[list[Path], Settings]:
    """The folders that are meant, and the settings of the server."""
    folders = list(project) or [Path()]
    for folder in folders:
        check_project_folder(folder)
    for section in [name for name, values in overrides.items() if not values]:
        del overrides[section]
    settings = load_settings(folders[0], overrides)
    configure_logging(settings.log.level, settings.log.format)
    return folders, settings


def _given(**values: Any) -> dict[str, Any]:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}


def _announce(folder: Path | None, told: Announcement) -> None:
    """Say where everything is, once the server answers."""
    if folder is not None:
        note_holder(folder, address=told.address)
    for problem in told.problems:
        tell(f"not served: {problem}")
    show(f"{', '.join(told.projects)} at {told.address}")
    for chat in told.chats:
        show(f"  chat     {chat}")
    show(f"  console  {told.login_link}")
    show("  (the link lets you in once, within 15 minutes; Ctrl+C stops the server)")
    flush()
