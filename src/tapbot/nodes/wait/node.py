"""Wait: the run leaves memory for a while, until a time, or until somebody calls its address or fills in its form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.dates import read_date
from tapbot.nodes.fields import Text
from tapbot.nodes.forms.fields import Form, FormFields
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, Wait, wait_node

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
LONGEST_SECONDS = 100 * 366 * 86_400
"""A hundred years: what is more is a mistake."""
FIRST_VERSION: JsonObject = {"amount": 1, "unit": "hours"}
"""What version 1 meant where it said nothing."""
Unit = Literal["seconds", "minutes", "hours", "days"]


class WaitOptions(NodeParams):
    """Less used settings, those of Webhook among them."""

    webhook_suffix: Text = ""
    """What follows the run's address: several waits of one run can have addresses of their own."""


class WaitParams(NodeParams):
    """How long, until when, or for what."""

    resume: Literal["timeInterval", "specificTime", "webhook", "form"] = "timeInterval"
    """`timeInterval`: after a while. `specificTime`: at a time. `webhook`: when `$execution.resumeUrl` is called.
    `form`: when the form at `$execution.resumeFormUrl` is sent."""
    amount: float = Field(default=5, ge=0, allow_inf_nan=False)
    """How long, for `timeInterval`."""
    unit: Unit = "seconds"
    """Unit of the amount."""
    date_time: Text = ""
    """When, for `specificTime`; a time without a zone is meant in the workflow's zone."""
    limit_wait_time: bool = False
    """Go on without a call or a form after a while."""
    limit_type: Literal["afterTimeInterval", "atSpecifiedTime"] = "afterTimeInterval"
    """Whether the limit is a while or a time."""
    resume_amount: float = Field(default=1, ge=0, allow_inf_nan=False)
    """How long at most."""
    resume_unit: Unit = "hours"
    """Unit of the limit."""
    max_date_and_time: Text = ""
    """Until when at most."""
    http_method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    """Method of the call."""
    response_mode: Literal["onReceived", "lastNode", "responseNode"] = "onReceived"
    """When the caller is answered: at once, when the last node is done, or by a node "Respond to Webhook"."""
    response_code: int = Field(default=200, ge=100, le=599)
    """Status of the answer."""
    response_data: Any = "firstEntryJson"
    """What of the last node's items is sent."""
    response_binary_property_name: Text = "data"
    """Name of the file to send, for `firstEntryBinary`."""
    form_title: Text = ""
    """Title of the form."""
    form_description: Text = ""
    """Text below the title."""
    form_fields: FormFields = Field(default_factory=FormFields)
    """Fields of the form."""
    options: WaitOptions = Field(default_factory=WaitOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """Version 1 had other defaults; a login of the caller is refused when the workflow is loaded."""
    asked = parameters.get("incomingAuthentication", "none")
    if parameters.get("resume") in {"webhook", "form"} and asked != "none":
        raise InvalidInput(
            f"The login {asked!r} of whoever resumes the run is not supported yet.",
            code="node.not_supported",
            place="incomingAuthentication",
            hint="The run's address is a secret by itself: choose no authentication.",
        )
    return FIRST_VERSION | parameters if version < 1.1 else parameters


@wait_node("n8n-nodes-base.wait", WaitParams, version=1.1, label="Wait", upgrade=upgrade)
def wait(call: NodeCall[WaitParams], now: datetime) -> Wait:
    """Say what the run waits for; the first item decides."""
    params = call.params
    if params.resume == "timeInterval":
        return Wait(_after(params.amount, params.unit, now, "amount"))
    if params.resume == "specificTime":
        return Wait(_read_time(params.date_time, now, "dateTime"))
    raw = call.known[0] if call.known else {}
    return Wait(_limit(params, now), about=_about(params, cast("dict[str, Any]", raw)))


def _limit(params: WaitParams, now: datetime) -> datetime | None:
    if not params.limit_wait_time:
        return None
    if params.limit_type == "afterTimeInterval":
        return _after(params.resume_amount, params.resume_unit, now, "resumeAmount")
    return _read_time(params.max_date_and_time, now, "maxDateAndTime")


def _after(amount: float, unit: str, now: datetime, place: str) -> datetime:
    seconds = amount * UNITS[unit]
    if seconds > LONGEST_SECONDS:
        raise InvalidInput(f"{amount:g} {unit} is too long to wait.", code="node.invalid_parameter", place=place)
    return now.astimezone(UTC) + timedelta(seconds=seconds)


def _read_time(text: str, now: datetime, place: str) -> datetime:
    until = read_date(text, now.tzinfo or ZoneInfo("UTC"))
    if until is None:
        raise InvalidInput(
            f"{text!r} is no date.",
            code="node.invalid_parameter",
            place=place,
            hint="Write it as 2026-03-05T14:30, or give an expression such as ={{ $now.plus({ days: 1 }) }}.",
        )
    return until.astimezone(UTC)


def _about(params: WaitParams, raw: dict[str, Any]) -> JsonObject:
    """What whoever answers the request has to know. `webhook` has the shape of the Webhook node's parameters."""
    options = dict(raw.get("options") or {})
    options.setdefault("responseCode", {"values": {"responseCode": params.response_code}})
    webhook = {
        "httpMethod": "POST" if params.resume == "form" else params.http_method,
        "responseMode": params.response_mode,
        "responseData": params.response_data,
        "responseBinaryPropertyName": params.response_binary_property_name,
        "options": options,
    }
    suffix = params.options.webhook_suffix.strip("/")
    about: dict[str, Any] = {"kind": params.resume, "suffix": suffix, "webhook": webhook}
    if params.resume == "form":
        form = Form(title=params.form_title, description=params.form_description, fields=params.form_fields.values)
        about["form"] = form.dump()
    return cast(JsonObject, about)
