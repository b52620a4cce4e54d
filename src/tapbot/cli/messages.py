"""`tapbot messages`: what did not arrive, or perhaps, and deciding about it."""

from __future__ import annotations

from typing import Any, Literal

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table

app = App(name="messages", help="List messages that did not arrive, or perhaps, and decide about them.")
COLUMNS = {
    "message_id": "MESSAGE",
    "status": "STATUS",
    "channel": "CHANNEL",
    "chat_id": "CHAT",
    "text": "TEXT",
    "error": "WHY",
}


@app.command(name="list")
def list_messages(
    *,
    status: Literal["in_doubt", "failed"] | None = None,
    limit: int = 50,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List messages that failed, and those of which nobody knows whether they arrived, the newest first.

    Args:
        status: Only those of this state.
        limit: Most to list.
    """
    rows = ask("messages.list", {"status": status, "limit": limit}, project=project, data=data)
    if json:
        show_json(rows)
    else:
        show_table(rows, COLUMNS, empty="Every message arrived, or is on its way.")


@app.command(name="arrived")
def arrived(
    message_id: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Say that the customer has a message in doubt: it is not sent again.

    Args:
        message_id: As `tapbot messages list` prints it.
    """
    _settle(message_id, arrived=True, told="It counts as sent.", json=json, project=project, data=data)


@app.command(name="resend")
def resend(
    message_id: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Send a message in doubt, or one that failed, once more.

    Args:
        message_id: As `tapbot messages list` prints it.
    """
    _settle(message_id, arrived=False, told="It is on its way again.", json=json, project=project, data=data)


def _settle(message_id: str, *, arrived: bool, told: str, json: bool, **place: Any) -> None:
    """Decide, and say so."""
    done = ask("messages.settle", {"message_id": message_id, "arrived": arrived}, **place)
    if json:
        show_json(done)
    else:
        show(told)
