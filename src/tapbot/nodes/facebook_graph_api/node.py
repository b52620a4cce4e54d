"""Facebook Graph API: reads and writes nodes and edges of Meta's graph, once per item."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field

from tapbot import upstream
from tapbot.errors import InvalidInput, UpstreamRejected
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import FromJson, Text, read_text, split_names
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.paths import get_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind

VERSION = re.compile(r"v\d{1,3}\.\d{1,2}")
NEWEST = "v23.0"
KIND = "facebookGraphApi"


class Named(NodeParams):
    """A name."""

    name: Text = ""
    """Name."""


class FieldNames(NodeParams):
    """Fields that the reply has."""

    entries: list[Named] = Field(default_factory=list, alias="field")
    """Fields."""


class Parameter(NodeParams):
    """A parameter of the address."""

    name: Text = ""
    """Name."""
    value: Text = ""
    """Value."""


class Parameters(NodeParams):
    """Parameters of the address."""

    entries: list[Parameter] = Field(default_factory=list, alias="parameter")
    """Parameters."""


class GraphOptions(NodeParams):
    """Less used settings."""

    fields: FieldNames = Field(default_factory=FieldNames)
    """Fields that the reply has; the usual ones when empty."""
    query_parameters: Parameters = Field(default_factory=Parameters)
    """Parameters of the address."""
    query_parameters_json: Annotated[dict[str, Any] | None, FromJson] = None
    """The same as JSON."""


class GraphParams(NodeParams):
    """Which node or edge, and what is done with it."""

    host_url: Literal["graph.facebook.com", "graph-video.facebook.com"] = "graph.facebook.com"
    """Host; the second one takes videos."""
    http_request_method: Literal["GET", "POST", "DELETE"] = "GET"
    """Read, write or delete."""
    graph_api_version: Text = ""
    """Version of the API, such as `v23.0`; the newest that is known here when empty."""
    node: Text = ""
    """What is worked on: an id, or `me`; it may hold its edge and parameters."""
    edge: Text = ""
    """What of it, such as `feed` or `photos`."""
    send_binary_data: bool = False
    """Send a file of the item with a `POST`."""
    binary_property_name: Text = ""
    """The file, as `field:file`: the field of the API, and the item's file."""
    allow_unauthorized_certs: bool = False
    """Take any certificate; this is not done here."""
    options: GraphOptions = Field(default_factory=GraphOptions)
    """Less used settings."""


def step_kind(params: NodeParams) -> StepKind:
    """A second `POST` would post twice."""
    assert isinstance(params, GraphParams)  # noqa: S101  # the declaration names the model
    return StepKind.NEVER if params.http_request_method == "POST" else StepKind.SAFE


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """There is one version; a connection that anybody could read along is refused when the workflow is loaded.

    Raises:
        InvalidInput: Certificates are not to be checked.
    """
    if parameters.get("allowUnauthorizedCerts") is True:
        raise InvalidInput(
            "Certificates are always checked.", code="node.not_supported", place="allowUnauthorizedCerts"
        )
    return parameters


@node(
    "n8n-nodes-base.facebookGraphApi",
    GraphParams,
    version=1,
    label="Facebook Graph API",
    kind=step_kind,
    upgrade=upgrade,
)
async def call_graph(params: GraphParams, item: Item, step: Step) -> Item:
    """Send one request to the Graph API and give its reply."""
    path, query = _address(params)
    files = _files(params, item)
    opened, signature = await step.sign(KIND, params.host_url)
    reply = await upstream.request(
        step.http,
        params.http_request_method,
        f"https://{params.host_url}/{path}",
        service="The Graph API",
        timeout_seconds=step.http_timeout_seconds,
        params={**query, **signature.query},
        headers=signature.headers,
        files=files,
    )
    return Item(json=_read(reply, opened.name))


def _address(params: GraphParams) -> tuple[str, dict[str, str]]:
    """The path and the query; a node may be written with parameters of its own.

    Raises:
        InvalidInput: The version is none, or the node or edge leave their place.
    """
    version = params.graph_api_version or NEWEST
    if not VERSION.fullmatch(version):
        raise _unfit(f"{version!r} is no version.", "graphApiVersion", "Write it as v23.0.")
    written, _, more = params.node.strip().partition("?")
    edge, _, more_of_edge = params.edge.strip().partition("?")
    parts = [part for text in (written, edge) for part in text.strip("/").split("/") if part]
    if not parts or any(part in {".", ".."} for part in parts):
        raise _unfit("The node is missing, or is none.", "node", "Give an id, or `me`.")
    query: dict[str, str] = {}
    for text in (more, more_of_edge):
        for pair in filter(None, text.replace("\n", "").strip().split("&")):
            name, _, value = pair.partition("=")
            query[name.strip()] = value.strip()
    query |= {one.name: one.value for one in params.options.query_parameters.entries if one.name}
    query |= {name: read_text(value) for name, value in (params.options.query_parameters_json or {}).items()}
    names = [one.name for one in params.options.fields.entries if one.name]
    if names:
        query["fields"] = ",".join(names)
    if "access_token" in query:
        raise _unfit("The access token stands in the credential.", "options.queryParameters", "Enter it there.")
    return "/".join([version, *(quote(part, safe="") for part in parts)]), query


def _files(params: GraphParams, item: Item) -> dict[str, Any] | None:
    if not params.send_binary_data or params.http_request_method != "POST":
        return None
    found = {}
    for entry in split_names(params.binary_property_name):
        field, _, name = entry.rpartition(":")
        content, about = read_binary(item, name)
        media_type = str(about.get("mimeType") or "application/octet-stream")
        found[field or name] = (str(about.get("fileName") or name), content, media_type)
    if not found:
        raise _unfit("No file is named.", "binaryPropertyName", "Write it as source:data.")
    return found


def _read(reply: upstream.Response, credential: str) -> dict[str, Any]:
    """The reply as a record.

    Raises:
        UpstreamRejected: The service said no; its own reason is in the message.
    """
    try:
        said: Any = parse_json(reply.content) if reply.content else {}
    except ValueError:
        said = {}
    if reply.status_code >= 400:
        code = get_path(said, "error.code")[1] if isinstance(said, dict) else None
        reason = get_path(said, "error.message")[1] if isinstance(said, dict) else ""
        if code == 190:  # https://developers.facebook.com/docs/graph-api/guides/error-handling
            raise UpstreamRejected(
                f"The Graph API did not accept the credential {credential!r}.",
                status=reply.status_code,
                code="credential.refused",
            )
        try:
            upstream.check_status(reply, "The Graph API")
        except UpstreamRejected as error:
            raise UpstreamRejected(f"{error.message} {reason or ''}".strip(), status=error.status) from None
    return said if isinstance(said, dict) else {"data": said}


def _unfit(problem: str, place: str, hint: str) -> InvalidInput:
    return InvalidInput(problem, code="node.invalid_parameter", place=place, hint=hint)
