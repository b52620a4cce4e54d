"""Parameters of the webhook node."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, has_expression, split_names
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
CUSTOM = "customCode"
CREDENTIAL_KINDS = {
    "basicAuth": "httpBasicAuth",
    "headerAuth": "httpHeaderAuth",
    "jwtAuth": "jwtAuth",
    "hmacAuth": "hmacAuth",
}


class Header(NodeParams):
    """A header of the reply."""

    name: Text = ""
    """Name."""
    value: Text = ""
    """Value."""


class Headers(NodeParams):
    """Headers of the reply."""

    entries: list[Header] = Field(default_factory=list)
    """Headers, in order."""


class ResponseCodeValues(NodeParams):
    """Status of the reply."""

    response_code: int | str = 200
    """Status, or `customCode`."""
    custom_code: int = 200
    """Status, where `customCode` is chosen."""


class ResponseCode(NodeParams):
    """Status of the reply."""

    values: ResponseCodeValues = Field(default_factory=ResponseCodeValues)
    """The settings."""

    @property
    def status(self) -> int:
        """The status in numbers."""
        chosen = self.values.response_code
        return self.values.custom_code if chosen == CUSTOM else int(chosen)


class WebhookOptions(NodeParams):
    """Less used settings."""

    allowed_origins: Text = "*"
    """Origins of pages that may call, separated by commas; `*` stands for all."""
    binary_property_name: Text = "data"
    """Field for files that come with the request."""
    ignore_bots: bool = False
    """Refuse link previews and crawlers."""
    ip_whitelist: Text = ""
    """Addresses that may call, separated by commas; empty: all."""
    no_response_body: bool = False
    """Reply without a body."""
    raw_body: bool = False
    """Keep the request's body as a file, as it came."""
    response_code: ResponseCode = Field(default_factory=ResponseCode)
    """Status of the reply."""
    response_content_type: Text = ""
    """Content type of the reply, for the first entry."""
    response_data: Any = None
    """Own body of an immediate reply."""
    response_headers: Headers = Field(default_factory=Headers)
    """Headers of the reply."""
    response_property_name: Text = ""
    """Reply with this field of the first entry only."""


def _read_methods(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class WebhookParams(NodeParams):
    """Which requests start a run, and what they are answered."""

    multiple_methods: bool = False
    """Listen to several methods, with an output each."""
    http_method: Annotated[list[Method], BeforeValidator(_read_methods)] = ["GET"]
    """Method, or methods."""
    path: Text = ""
    """Path below `/webhook/`; a part such as `:id` takes any value."""
    authentication: Literal["none", "basicAuth", "headerAuth", "jwtAuth", "hmacAuth"] = "none"
    """How the caller proves who it is, by the node's credential; `hmacAuth` is a signature of the body."""
    response_mode: Literal["onReceived", "lastNode", "responseNode"] = "onReceived"
    """When the caller is answered: at once, when the last node is done, or by a node "Respond to Webhook"."""
    response_data: Literal["allEntries", "firstEntryJson", "firstEntryBinary", "noData"] = "firstEntryJson"
    """What of the last node's items is sent."""
    response_binary_property_name: Text = "data"
    """Name of the file to send, for `firstEntryBinary`."""
    options: WebhookOptions = Field(default_factory=WebhookOptions)
    """Less used settings."""

    @property
    def methods(self) -> list[str]:
        """The methods that start a run."""
        return list(self.http_method) if self.multiple_methods else list(self.http_method[:1])

    @property
    def credential_kind(self) -> str | None:
        """The kind of credential that a caller is checked against."""
        return CREDENTIAL_KINDS.get(self.authentication)

    @property
    def allowed_addresses(self) -> list[str]:
        """Addresses that may call; empty: all."""
        return split_names(self.options.ip_whitelist)


def output_names(parameters: JsonObject) -> tuple[str, ...]:
    """One output, or one a method where several are listened to."""
    methods = parameters.get("httpMethod")
    if parameters.get("multipleMethods") and isinstance(methods, list):
        return tuple(str(method) for method in methods)
    return ("main",)


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 2.1 has them: older ones had the status beside the options.

    Raises:
        InvalidInput: Streaming is asked for, which is not supported yet.
    """
    raw: dict[str, Any] = dict(parameters)
    if raw.get("responseMode") == "streaming":
        raise _unbuilt("responseMode", "a streamed answer comes later, so choose another way to respond")
    if version < 2 and "responseCode" in raw:
        options = dict(raw.get("options") or {})
        options["responseCode"] = {"values": {"responseCode": raw.pop("responseCode")}}
        raw["options"] = options
    return _checked(raw)


def _checked(raw: dict[str, Any]) -> dict[str, Any]:
    """The parameters, if a server can listen by them: it does so before there is an item to evaluate anything for."""
    if has_expression(raw):
        raise InvalidInput(
            "A webhook's parameters are fixed: there is no item yet for which an expression could be evaluated.",
            code="node.invalid_parameter",
            hint="Write the values out, or answer by a node 'Respond to Webhook', which takes expressions.",
        )
    try:
        params = WebhookParams.model_validate(raw)
        status = params.options.response_code.status
    except (ValidationError, ValueError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"msg": str(error), "loc": ("options",)}
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{place}: {first['msg']}.", code="node.invalid_parameter", place=place) from None
    if not 200 <= status <= 599:
        raise InvalidInput(f"{status} is no status of a reply.", code="node.invalid_parameter", place="responseCode")
    return raw


def _unbuilt(place: str, instead: str) -> InvalidInput:
    return InvalidInput(
        f"This setting of {place!r} is not supported yet: {instead}.", code="node.not_supported", place=place
    )
