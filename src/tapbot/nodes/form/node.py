"""Form: shows the person who sent a form another page, and goes on with what is filled in there; or the last page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from tapbot.errors import InvalidInput
from tapbot.nodes.dates import read_date
from tapbot.nodes.fields import FromJson, Text
from tapbot.nodes.forms.fields import Form, FormField, FormFields
from tapbot.nodes.forms.page import form_note
from tapbot.nodes.replies import reply_file, reply_redirect, reply_text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, Wait, WebhookReply, wait_node

UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
LONGEST_SECONDS = 100 * 366 * 86_400
FIELDS = TypeAdapter(list[FormField])


class FormNodeOptions(NodeParams):
    """Less used settings."""

    form_title: Text = ""
    """Title of the page."""
    form_description: Text = ""
    """What stands below the title."""
    button_label: Text = ""
    """What stands on the button."""
    custom_css: Text = ""
    """Own style of the page."""


class FormNodeParams(NodeParams):
    """Another page, or the last one."""

    operation: Literal["page", "completion"] = "page"
    """`page` asks for more; `completion` ends the form."""
    define_form: Literal["fields", "json"] = "fields"
    """Whether the fields are listed, or given as JSON."""
    form_fields: FormFields = Field(default_factory=FormFields)
    """Fields of the page."""
    json_output: Annotated[Any, FromJson] = None
    """Fields as a list of objects, for `json`."""
    limit_wait_time: bool = False
    """Go on without an answer after a while."""
    limit_type: Literal["afterTimeInterval", "atSpecifiedTime"] = "afterTimeInterval"
    """Whether the limit is a while or a time."""
    resume_amount: float = Field(default=1, ge=0, allow_inf_nan=False)
    """How long at most."""
    resume_unit: Literal["seconds", "minutes", "hours", "days"] = "hours"
    """Unit of the limit."""
    max_date_and_time: Text = ""
    """Until when at most."""
    respond_with: Literal["text", "redirect", "showText", "returnBinary"] = "text"
    """How the form ends: with a page, another address, an own text or HTML, or a file."""
    completion_title: Text = ""
    """Title of the last page."""
    completion_message: Text = ""
    """What stands below it."""
    redirect_url: Text = ""
    """The other address, for `redirect`."""
    response_text: Text = ""
    """Text or HTML, for `showText`."""
    input_data_field_name: Text = "data"
    """Which of the item's files, for `returnBinary`."""
    options: FormNodeOptions = Field(default_factory=FormNodeOptions)
    """Less used settings."""


@wait_node("n8n-nodes-base.form", FormNodeParams, version=2.5, label="Form")
def show_page(call: NodeCall[FormNodeParams], now: datetime) -> Wait | None:
    """Wait for what is filled in, or show the last page and go on; the first item decides."""
    params = call.params
    if params.operation == "completion":
        call.step.respond(_last_page(call))
        return None
    form = Form(
        title=params.options.form_title,
        description=params.options.form_description,
        fields=_fields(params),
        button=params.options.button_label,
        css=params.options.custom_css,
    )
    about: JsonObject = {"kind": "form", "suffix": "", "webhook": {"httpMethod": "POST"}, "form": form.dump()}
    return Wait(_limit(params, now), about={**about, "goes_on": True})


def _fields(params: FormNodeParams) -> list[FormField]:
    """The fields of the page.

    Raises:
        InvalidInput: The JSON is not a list of fields.
    """
    if params.define_form == "fields":
        return params.form_fields.values
    try:
        return FIELDS.validate_python(params.json_output or [])
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(
            f"The fields of the form are not valid: {'.'.join(map(str, first['loc']))}: {first['msg']}.",
            code="node.invalid_parameter",
            place="jsonOutput",
            hint='Give a list such as [{"fieldLabel": "Name", "fieldType": "text"}].',
        ) from None


def _last_page(call: NodeCall[FormNodeParams]) -> WebhookReply:
    params = call.params
    if params.respond_with == "redirect":
        return reply_redirect(params.redirect_url, status=303)
    if params.respond_with == "showText":
        return reply_text(params.response_text)
    if params.respond_with == "returnBinary":
        if not call.items:
            raise InvalidInput("There is no item whose file could be returned.", code="node.no_file")
        return reply_file(call.items[0], params.input_data_field_name)
    options = params.options
    return form_note(params.completion_title, params.completion_message, tab=options.form_title, css=options.custom_css)


def _limit(params: FormNodeParams, now: datetime) -> datetime | None:
    if not params.limit_wait_time:
        return None
    if params.limit_type == "atSpecifiedTime":
        until = read_date(params.max_date_and_time, now.tzinfo or UTC)
        if until is None:
            raise InvalidInput(
                f"{params.max_date_and_time!r} is no date.",
                code="node.invalid_parameter",
                place="maxDateAndTime",
                hint="Write it as 2026-03-05T14:30.",
            )
        return until.astimezone(UTC)
    seconds = params.resume_amount * UNITS[params.resume_unit]
    if seconds > LONGEST_SECONDS:
        raise InvalidInput("This is too long to wait.", code="node.invalid_parameter", place="resumeAmount")
    return now.astimezone(UTC) + timedelta(seconds=seconds)
