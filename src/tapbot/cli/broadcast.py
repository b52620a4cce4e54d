"""`tapbot broadcast`: one message to many people who agreed to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table
from tapbot.errors import InvalidInput, NotFound

app = App(name="broadcast", help="Write one message to many people who agreed to it.")
COLUMNS = {"id": "BROADCAST", "name": "NAME", "status": "STATUS", "purpose": "PURPOSE", "counted": "LOOKED AT"}
RESULTS = {"contact_id": "CONTACT", "name": "NAME", "status": "STATUS", "channel": "CHANNEL", "error": "WHY"}


@app.command(name="list")
def list_broadcasts(
    *, limit: int = 50, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """List broadcasts, the newest first.

    Args:
        limit: Most to list.
    """
    rows = ask("broadcasts.list", {"limit": limit}, project=project, data=data)
    if json:
        show_json(rows)
    else:
        show_table(rows, COLUMNS, empty="There are no broadcasts.")


@app.command(name="create")
def create(file: Path, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Keep a draft of a broadcast from a YAML or JSON file.

    Args:
        file: With name, bot, purpose, texts by language, and segment, channels, template, unsubscribe.
    """
    if not file.is_file():
        raise NotFound("there is no such file.", code="cli.no_file", place=str(file))
    try:
        given = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise InvalidInput(f"this is no YAML: {error}", code="broadcast.bad_content", place=str(file)) from None
    made = ask("broadcasts.create", {"given": given}, project=project, data=data)
    _tell(made, f"Kept as a draft. Look at it: tapbot broadcast preview {made['id']}", json=json)


@app.command(name="show")
def show_broadcast(
    broadcast: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Show a broadcast with its figures.

    Args:
        broadcast: Its id.
    """
    found = ask("broadcasts.show", {"broadcast": broadcast}, project=project, data=data)
    if json:
        show_json(found)
        return
    show(f"{found['name']}: {found['status']}, {found['counted']} people looked at.")
    for what in ("messages", "left_out"):
        for state, count in sorted(found[what].items()):
            show(f"{'left out: ' if what == 'left_out' else ''}{state} {count}")


@app.command(name="preview")
def preview(
    broadcast: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Show who would get a broadcast now, three examples, and who would get nothing and why.

    Args:
        broadcast: Its id.
    """
    found = ask("broadcasts.preview", {"broadcast": broadcast}, project=project, data=data)
    if json:
        show_json(found)
        return
    show(f"{found['count']} people would get it.")
    for one in found["examples"]:
        show(f"\n{one['name'] or one['contact_id']} ({one['channel']}, {one['language']}):\n{one['text']}")
    for reason, count in sorted(found["left_out"].items()):
        show(f"\n{count} would not: {reason}")
    for one in found["who_is_left_out"]:
        show(f"  {one['contact_id']}  {one['reason']}  {one['name'] or ''}".rstrip())


@app.command(name="test")
def send_test(
    broadcast: str,
    contact: str,
    *,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Send a broadcast to one person now, to see it.

    Args:
        broadcast: Its id.
        contact: Somebody who agreed to its purpose, or has the tag `test`.
    """
    done = ask("broadcasts.test", {"broadcast": broadcast, "contact": contact}, project=project, data=data)
    _tell(done, "It is on its way.", json=json)


@app.command(name="start")
def start(
    broadcast: str,
    *,
    at: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Begin a broadcast, or go on after a stop.

    Args:
        broadcast: Its id.
        at: When, with its zone, such as 2026-03-05T10:00+05:00; now when left out.
    """
    done = ask("broadcasts.start", {"broadcast": broadcast, "at": at}, project=project, data=data)
    _tell(done, "It runs.", json=json)


@app.command(name="stop")
def stop(broadcast: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """Send no more of a broadcast until it is started again.

    Args:
        broadcast: Its id.
    """
    done = ask("broadcasts.stop", {"broadcast": broadcast}, project=project, data=data)
    _tell(done, "It is stopped.", json=json)


@app.command(name="results")
def results(
    broadcast: str,
    *,
    status: str | None = None,
    after: str | None = None,
    limit: int = 100,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List what became of a broadcast for each person.

    Args:
        broadcast: Its id.
        status: Only those in this state, or left out for this reason.
        after: The last contact of the list before.
        limit: Most to list.
    """
    args = {"broadcast": broadcast, "status": status, "after": after, "limit": limit}
    rows = ask("broadcasts.results", args, project=project, data=data)
    if json:
        show_json(rows)
    else:
        show_table(rows, RESULTS, empty="Nobody like that.")


def _tell(done: Any, told: str, *, json: bool) -> None:
    if json:
        show_json(done)
    else:
        show(told)
