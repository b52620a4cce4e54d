"""Parameters of the HTTP request node."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams


class Parameter(NodeParams):
    """A name and its value."""

    name: Text = ""
    """Name."""
    value: Any = ""
    """Value."""


class Parameters(NodeParams):
    """Names and values."""

    parameters: list[Parameter] = Field(default_factory=list)
    """Names and values, in order."""


class BodyParameter(Parameter):
    """A field of the body."""

    parameter_type: Literal["formData", "formBinaryData"] = "formData"
    """`formData`: a value. `formBinaryData`: a file of the item."""
    input_data_field_name: Text = ""
    """Name of the item's file."""


class BodyParameters(NodeParams):
    """Fields of the body."""

    parameters: list[BodyParameter] = Field(default_factory=list)
    """Fields, in order."""


class ResponseValues(NodeParams):
    """What is made of the reply."""

    full_response: bool = False
    """Give status and headers beside the body."""
    never_error: bool = False
    """Take a status of 400 and more for a result; otherwise it is an error."""
    response_format: Literal["autodetect", "json", "text", "file"] = "autodetect"
    """What the reply is; `autodetect` goes by its content type."""
    output_property_name: Text = "data"
    """Field for a text or a file."""


class ResponseOptions(NodeParams):
    """What is made of the reply."""

    response: ResponseValues = Field(default_factory=ResponseValues)
    """The settings."""


class RedirectValues(NodeParams):
    """Whether redirects are followed."""

    follow_redirects: bool = True
    """Follow redirects, five at most."""
    max_redirects: int = 21
    """Kept for n8n; tapbot follows five at most."""


class RedirectOptions(NodeParams):
    """Whether redirects are followed."""

    redirect: RedirectValues = Field(default_factory=RedirectValues)
    """The settings."""


class HttpRequestOptions(NodeParams):
    """Less used settings."""

    query_parameter_arrays: Literal["brackets", "indices", "repeat"] = "brackets"
    """How lists stand in the query: `a[]=1&a[]=2`, `a[0]=1&a[1]=2` or `a=1&a=2`."""
    redirect: RedirectOptions = Field(default_factory=RedirectOptions)
    """Whether redirects are followed."""
    response: ResponseOptions = Field(default_factory=ResponseOptions)
    """What is made of the reply."""
    timeout: int | None = Field(default=None, ge=1, le=600_000)
    """Longest silence of the other side, in milliseconds."""
    lowercase_headers: bool = True
    """Write the names of the reply's headers in lower case."""
    idempotency_header: Text = ""
    """Header in which the service takes a key, for example `Idempotency-Key`; a POST may then be repeated."""
    safe_to_repeat: bool = False
    """The call changes nothing, or may be made twice: it is repeated after a crash."""


class HttpRequestParams(NodeParams):
    """The request, and what is made of the reply."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    """HTTP method."""
    url: Text = ""
    """Address to call."""
    authentication: Literal["none", "genericCredentialType", "predefinedCredentialType"] = "none"
    """How the service knows us: by a credential of a general kind, or by one of the service's own kind."""
    generic_auth_type: Text = ""
    """Kind of the credential, such as `httpHeaderAuth`, for `genericCredentialType`."""
    node_credential_type: Text = ""
    """Kind of the credential, such as `notionApi`, for `predefinedCredentialType`."""
    send_query: bool = False
    """Add parameters to the address."""
    specify_query: Literal["keypair", "json"] = "keypair"
    """Give them one by one, or as JSON."""
    query_parameters: Parameters = Field(default_factory=Parameters)
    """Parameters of the address."""
    json_query: Any = ""
    """Parameters of the address as a JSON object."""
    send_headers: bool = False
    """Send headers."""
    specify_headers: Literal["keypair", "json"] = "keypair"
    """Give them one by one, or as JSON."""
    header_parameters: Parameters = Field(default_factory=Parameters)
    """Headers."""
    json_headers: Any = ""
    """Headers as a JSON object."""
    send_body: bool = False
    """Send a body."""
    content_type: Literal["json", "form-urlencoded", "multipart-form-data", "binaryData", "raw"] = "json"
    """Form of the body."""
    specify_body: Literal["keypair", "json", "string"] = "keypair"
    """Give it field by field, as JSON, or as one text."""
    body_parameters: BodyParameters = Field(default_factory=BodyParameters)
    """Fields of the body."""
    json_body: Any = ""
    """Body as JSON."""
    body: Text = ""
    """Body as a text, for `raw` and `string`."""
    raw_content_type: Text = ""
    """Content type of a raw body."""
    input_data_field_name: Text = ""
    """Name of the item's file that is the body, for `binaryData`."""
    options: HttpRequestOptions = Field(default_factory=HttpRequestOptions)
    """Less used settings."""

    @property
    def credential_kind(self) -> str | None:
        """The kind of credential that is sent; none without authentication."""
        if self.authentication == "none":
            return None
        return self.generic_auth_type if self.authentication == "genericCredentialType" else self.node_credential_type

    splits_lists: bool = True
    """Give an item for each entry of a list; versions 1 and 2 did so on request."""
