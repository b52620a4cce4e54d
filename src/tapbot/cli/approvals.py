"""`tapbot approvals`: what people are asked to decide while a run waits, and deciding it."""

from __future__ import annotations

from typing import Any, Literal

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table
from tapbot.errors import NotFound

app = App(name="approvals", help="List what people are asked to decide, approve and refuse.")
COLUMNS = {
    "approval_id": "APPROVAL",
    "status": "STATUS",
    "deadline_at": "UNTIL",
    "question": "QUESTION",
    "details": "DETAILS",
}
MOST_LISTED = 1000


@app.command(name="list")
def list_approvals(
    *,
    status: Literal["open", "approved", "refused", "expired", "cancelled"] | None = None,
    limit: int = 50,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List approvals, the newest first, with exactly what is decided on.

    Args:
        status: Only those of this state.
        limit: Most to list.
    """
    rows = ask("approvals.list", {"status": status, "limit": limit}, project=project, data=data)
    if json:
        show_json(rows)
    else:
        show_table(rows, COLUMNS, empty="Nobody is asked anything.")


@app.command(name="approve")
def approve(
    approval_id: str,
    *,
    note: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Approve; the run goes on.

    Args:
        approval_id: As `tapbot approvals list` prints it.
        note: Why, for whoever reads the run.
    """
    _decide(approval_id, "approved", note, project=project, data=data, json=json)


@app.command(name="refuse")
def refuse(
    approval_id: str,
    *,
    note: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Refuse; the run goes on.

    Args:
        approval_id: As `tapbot approvals list` prints it.
        note: Why, for whoever reads the run.
    """
    _decide(approval_id, "refused", note, project=project, data=data, json=json)


def _decide(approval_id: str, decision: str, note: str | None, *, json: bool, **place: Any) -> None:
    """Decide on what the list shows: its hash goes along."""
    rows = ask("approvals.list", {"limit": MOST_LISTED}, **place)
    found = next((row for row in rows if row["approval_id"] == approval_id), None)
    if found is None:
        raise NotFound(
            f"there is no approval {approval_id!r}.",
            code="approval.not_found",
            hint="`tapbot approvals list` lists them.",
        )
    args = {"approval_id": approval_id, "decision": decision, "details_hash": found["details_hash"], "note": note}
    done = ask("approvals.decide", args, **place)
    if json:
        show_json(done)
    else:
        show(f"{done['question']!r} is {done['status']}.")
