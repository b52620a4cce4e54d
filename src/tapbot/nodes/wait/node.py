"""Wait: the run leaves memory for a while, or until a time, and goes on with the same items."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.dates import read_date
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, Wait, wait_node

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
LONGEST_SECONDS = 100 * 366 * 86_400
"""A hundred years: what is more is a mistake."""
FIRST_VERSION: JsonObject = {"amount": 1, "unit": "hours"}
"""What version 1 meant where it said nothing."""


class WaitParams(NodeParams):
    """How long, or until when."""

    resume: Literal["timeInterval", "specificTime"] = "timeInterval"
    """`timeInterval`: after a while. `specificTime`: at a time."""
    amount: float = Field(default=5, ge=0, allow_inf_nan=False)
    """How long, for `timeInterval`."""
    unit: Literal["seconds", "minutes", "hours", "days"] = "seconds"
    """Unit of the amount."""
    date_time: Text = ""
    """When, for `specificTime`; a time without a zone is meant in the workflow's zone."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 had other defaults; waits for webhooks and forms are refused when the workflow is loaded."""
    resume = parameters.get("resume", "timeInterval")
    if resume in {"webhook", "form"}:
        raise InvalidInput(
            f"Waiting for a {resume} is not supported yet: wait for a time.", code="node.not_supported", place="resume"
        )
    return FIRST_VERSION | parameters if version < 1.1 else parameters


@wait_node("n8n-nodes-base.wait", WaitParams, version=1.1, label="Wait", upgrade=upgrade)
def wait(call: NodeCall[WaitParams], now: datetime) -> Wait:
    """Say until when the run waits; the first item decides."""
    params = call.params
    if params.resume == "timeInterval":
        seconds = params.amount * UNITS[params.unit]
        if seconds > LONGEST_SECONDS:
            raise InvalidInput(
                f"{params.amount:g} {params.unit} is too long to wait.", code="node.invalid_parameter", place="amount"
            )
        return Wait(now.astimezone(UTC) + timedelta(seconds=seconds))
    zone = now.tzinfo or ZoneInfo("UTC")
    until = read_date(params.date_time, zone)
    if until is None:
        raise InvalidInput(
            f"{params.date_time!r} is no date.",
            code="node.invalid_parameter",
            place="dateTime",
            hint="Write it as 2026-03-05T14:30, or give an expression such as ={{ $now.plus({ days: 1 }) }}.",
        )
    return Wait(until.astimezone(UTC))
