"""Parameters of the WhatsApp node."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tapbot.nodes.fields import EmptyList, Located, Text
from tapbot.workflow.node import NodeParams

MessageType = Literal["text", "image", "audio", "video", "document", "location", "contacts"]


class Additional(NodeParams):
    """What else is sent."""

    preview_url: bool = False
    """Show a preview of the first link in a text."""
    media_caption: Text = ""
    """Text below a picture, video or document."""
    media_filename: Text = ""
    """Name of a document."""
    name_short: Text = Field(default="", alias="name")
    """Name of a place."""
    address: Text = ""
    """Address of a place."""


class TemplateParameter(NodeParams):
    """What stands in the place of a variable."""

    type: Literal["text", "currency", "date_time", "image", "document", "video"] = "text"
    """What it is."""
    text: Text = ""
    """The text."""
    code: Text = ""
    """Currency, as ISO 4217 has it."""
    amount_1000: float = 0
    """Amount, a thousand times."""
    fallback_value: Text = ""
    """The amount in words, where a phone cannot show it."""
    date_time: Text = ""
    """The date, as it is to be read."""
    image_link: Text = ""
    """Address of the picture of the head."""


class ParameterList(NodeParams):
    """Values of variables, in their order."""

    parameter: Annotated[list[TemplateParameter], EmptyList] = Field(default_factory=list)
    """The values."""


class ButtonParameter(NodeParams):
    """What a button takes."""

    type: Literal["text", "payload"] = "payload"
    """The end of an address, or what comes back when it is pressed."""
    text: Text = ""
    """End of the address."""
    payload: Text = ""
    """What comes back."""


class ButtonParameters(NodeParams):
    """What the button takes."""

    parameter: ButtonParameter = Field(default_factory=ButtonParameter)
    """It."""


class Component(NodeParams):
    """A part of a template with variables."""

    type: Literal["body", "button", "header"] = "body"
    """Which part."""
    body_parameters: ParameterList = Field(default_factory=ParameterList)
    """Values of the body."""
    header_parameters: ParameterList = Field(default_factory=ParameterList)
    """Values of the head."""
    sub_type: Text = "quick_reply"
    """Kind of the button: `quick_reply` or `url`."""
    index: int = Field(default=0, ge=0, le=9)
    """Which button, from 0."""
    button_parameters: ButtonParameters = Field(default_factory=ButtonParameters)
    """Value of the button."""


class Components(NodeParams):
    """The parts of a template that have variables."""

    component: Annotated[list[Component], EmptyList] = Field(default_factory=list)
    """They."""


class WhatsAppParams(NodeParams):
    """What is done, and for whom."""

    resource: Literal["message", "media"] = "message"
    """What it is about."""
    operation: Literal["send", "sendTemplate", "mediaUpload", "mediaUrlGet", "mediaDelete"] = "send"
    """What is done with it."""
    phone_number_id: Located = ""
    """Id of the company's number at Meta."""
    recipient_phone_number: Text = ""
    """The customer's number, with the country's code."""
    message_type: MessageType = "text"
    """What is sent."""
    text_body: Text = ""
    """The text."""
    media_path: Literal["useMediaLink", "useMediaId", "useMedian8n"] = "useMediaLink"
    """Where the file is: at an address, at WhatsApp, or in the item."""
    media_link: Text = ""
    """Address of the file."""
    media_id: Text = ""
    """Id of the file at WhatsApp."""
    media_property_name: Text = "data"
    """Which file of the item."""
    latitude: float = Field(default=0, ge=-90, le=90, allow_inf_nan=False)
    """Degrees north."""
    longitude: float = Field(default=0, ge=-180, le=180, allow_inf_nan=False)
    """Degrees east."""
    contacts: dict[str, Any] = Field(default_factory=dict)
    """A contact's card, as the Cloud API names its fields."""
    template: Text = ""
    """Name and language of the template: `ride_booked|ru`."""
    components: Components = Field(default_factory=Components)
    """Values of its variables."""
    media_get_id: Text = ""
    """Id of the file that is wanted."""
    media_delete_id: Text = ""
    """Id of the file that goes."""
    additional_fields: Additional = Field(default_factory=Additional)
    """What else is sent."""
