"""Parameters of the form trigger, and older versions of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, has_expression
from tapbot.nodes.forms.fields import Form, FormFields
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams


class RespondWithValues(NodeParams):
    """What is shown when the form was sent."""

    respond_with: Literal["text", "redirect"] = "text"
    """A text, or another page."""
    form_submitted_text: Text = ""
    """The text; a sentence of the reader's language when empty."""
    redirect_url: Text = ""
    """The other page."""


class RespondWith(NodeParams):
    """What is shown when the form was sent."""

    values: RespondWithValues = Field(default_factory=RespondWithValues)
    """The settings."""


class FormTriggerOptions(NodeParams):
    """Less used settings."""

    path: Text = ""
    """Path below `/form/`; an id of its own when empty."""
    button_label: Text = ""
    """What stands on the button."""
    ignore_bots: bool = False
    """Refuse link previews and crawlers."""
    use_workflow_timezone: bool = False
    """Write `submittedAt` in the workflow's zone instead of UTC."""
    respond_with_options: RespondWith = Field(default_factory=RespondWith)
    """What is shown when the form was sent."""
    custom_css: Text = ""
    """Own style of the page."""


class FormTriggerParams(NodeParams):
    """The form, and what its sender sees next."""

    authentication: Literal["none", "basicAuth"] = "none"
    """Whether the page asks for a name and a password, by the node's credential."""
    path: Text = ""
    """Path below `/form/`, as versions before 2.2 had it."""
    form_title: Text = ""
    """Title of the page."""
    form_description: Text = ""
    """What stands below the title."""
    form_fields: FormFields = Field(default_factory=FormFields)
    """Fields of the form."""
    response_mode: Literal["onReceived", "lastNode", "responseNode"] = "onReceived"
    """When the sender is answered: at once, when the last node is done, or by a node "Respond to Webhook". A workflow
    with a Form node goes on with that one's page instead."""
    options: FormTriggerOptions = Field(default_factory=FormTriggerOptions)
    """Less used settings."""

    @property
    def listens_at(self) -> str:
        """Path below `/form/` that the author chose; may be empty."""
        return (self.options.path or self.path).strip("/")

    @property
    def form(self) -> Form:
        """The page."""
        options = self.options
        return Form(
            title=self.form_title,
            description=self.form_description,
            fields=self.form_fields.values,
            button=options.button_label,
            css=options.custom_css,
        )


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 2.5 has them.

    Version 1 wrote the time in the workflow's zone, and had the text after sending among its options.

    Raises:
        InvalidInput: Something is not what a page can be made of before there is an item.
    """
    raw: dict[str, Any] = without_marks(parameters)
    if version < 2:
        options = dict(raw.get("options") or {})
        options.setdefault("useWorkflowTimezone", True)
        if "formSubmittedText" in options:
            options.setdefault("respondWithOptions", {"values": {"formSubmittedText": options["formSubmittedText"]}})
        raw["options"] = options
    if has_expression(raw):
        raise InvalidInput(
            "A form's parameters are fixed: there is no item yet for which an expression could be evaluated.",
            code="node.invalid_parameter",
            hint="Write the values out, or ask on the page of a Form node, which takes expressions.",
        )
    try:
        FormTriggerParams.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{place}: {first['msg']}.", code="node.invalid_parameter", place=place) from None
    return raw


def without_marks(value: Any) -> Any:
    """Texts without the mark of an expression, where nothing in them is one: `=Your name`."""
    if isinstance(value, dict):
        return {name: without_marks(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [without_marks(entry) for entry in value]
    return value[1:] if isinstance(value, str) and value.startswith("=") and "{{" not in value else value
