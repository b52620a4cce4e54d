"""`tapbot user`: the people who may log in."""

from __future__ import annotations

from typing import Any

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.places import find_data
from tapbot.cli.printing import show, show_json, show_table
from tapbot.storage.folder import lock_holder

app = App(name="user", help="Add, list and reset the people who may log in.")


@app.command(name="add")
def add_user(
    email: str,
    *,
    name: str | None = None,
    role: str = "operator",
    team: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Add a person, and print a link that lets them in once.

    Args:
        email: What they log in with.
        name: What others see; the e-mail when not given.
        role: admin: everything; operator: talks to customers; monitor: looks and changes nothing.
        team: Whose conversations come to the person, for example `support`.
    """
    wanted = {"email": email, "name": name, "role": role, "team": team}
    made = ask("people.add", wanted, project=project, data=data)
    _show_link(made, project, data, json=json)


@app.command(name="list")
def list_users(*, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """List the people who may log in."""
    people = ask("people.list", {}, project=project, data=data)
    if json:
        show_json(people)
    else:
        show_table(people, {"email": "E-MAIL", "name": "NAME", "role": "ROLE", "team": "TEAM"}, empty="Nobody.")


@app.command(name="reset")
def reset_user(email: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Print a new link that lets a person in once.

    Args:
        email: What they log in with.
    """
    made = ask("people.reset", {"email": email}, project=project, data=data)
    _show_link(made, project, data, json=json)


def _show_link(made: dict[str, Any], project: str | None, data: Any, *, json: bool) -> None:
    address = (lock_holder(find_data(project, data)) or {}).get("address", "")
    link = f"{address}{made['path']}"
    if json:
        show_json({**made, "link": link})
        return
    show(f"{made['email']} ({made['role']}) may log in once with:\n  {link}")
    if not address:
        show("  Put the address of the server before it once it runs.")
