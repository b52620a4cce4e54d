"""`tapbot up`: serve a project, everything in one process."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from tapbot.app.serving import Announcement, serve
from tapbot.cli.places import find_data
from tapbot.cli.printing import flush, show, tell
from tapbot.project.snapshot import check_project_folder
from tapbot.settings import load_settings
from tapbot.storage.folder import note_holder
from tapbot.telemetry import configure_logging


def up(
    project: Path = Path(),
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    allow_private_network: bool = False,
    admin_email: str | None = None,
    admin_password: str | None = None,
) -> None:
    """Serve a project: bots, workflows, chats and the console, in one process, until it is stopped.

    Args:
        project: A project's folder, or any folder that holds `workflows/`.
        host: Address to listen on. Default: 127.0.0.1, or what the settings say.
        port: Port to listen on; 0 takes a free one. Default: 8080, or what the settings say.
        data: Data folder. Default: ./.tapbot/NAME. It may not lie inside the project.
        allow_private_network: Let workflows call private and loopback addresses.
        admin_email: Who may log in first; better given by TAPBOT_ADMIN__EMAIL.
        admin_password: Their password; better given by TAPBOT_ADMIN__PASSWORD, since others can see a command line.
    """
    check_project_folder(project)
    if admin_password is not None:
        tell("A password on the command line can be read by others on this machine: use TAPBOT_ADMIN__PASSWORD.")
    overrides: dict[str, dict[str, Any]] = {
        "server": _given(host=host, port=port),
        "upstream": _given(allow_private_network=allow_private_network or None),
        "admin": _given(email=admin_email, password=admin_password),
    }
    overrides = {section: values for section, values in overrides.items() if values}
    settings = load_settings(project, overrides)
    folder = find_data(str(project), data)
    configure_logging(settings.log.level, settings.log.format)
    uvloop.run(serve([project], overrides, folder, partial(_announce, folder)))


def _given(**values: Any) -> dict[str, Any]:
    """The values that were given."""
    return {name: value for name, value in values.items() if value is not None}


def _announce(folder: Path, told: Announcement) -> None:
    """Say where everything is, once the server answers."""
    note_holder(folder, address=told.address)
    for problem in told.problems:
        tell(f"not served: {problem}")
    show(f"{', '.join(told.projects)} at {told.address}")
    for chat in told.chats:
        show(f"  chat     {chat}")
    show(f"  console  {told.login_link}")
    show("  (the link lets you in once, within 15 minutes; Ctrl+C stops the server)")
    flush()
