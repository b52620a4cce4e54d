"""GraphQL: asks an API by a query."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from tapbot import upstream
from tapbot.errors import InvalidInput, UpstreamRejected
from tapbot.nodes.addresses import host_of
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import parse_json, stringify
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind


class Header(NodeParams):
    """A header."""

    name: Text = ""
    """Name."""
    value: Text = ""
    """Value."""


class Headers(NodeParams):
    """Headers."""

    parameter: list[Header] = Field(default_factory=list)
    """Headers of the request."""


class GraphqlParams(NodeParams):
    """What to ask whom."""

    authentication: Text = "none"
    """Only `none`: send a secret in a header from `$vars`."""
    request_method: Literal["GET", "POST"] = "POST"
    """HTTP method."""
    endpoint: Text = ""
    """Address of the API."""
    request_format: Literal["graphql", "json"] = "json"
    """How the query is sent."""
    query: Text = ""
    """Query."""
    variables: Any = ""
    """Variables of the query, as JSON."""
    operation_name: Text = ""
    """Which operation of the query to carry out."""
    response_format: Literal["json", "string"] = "json"
    """Give the reply as a record, or as a text."""
    data_property_name: Text = "data"
    """Field of that text."""
    header_parameters_ui: Headers = Field(default_factory=Headers)
    """Headers."""


def step_kind(params: GraphqlParams) -> StepKind:
    """A query reads and may run again; a mutation may not."""
    return StepKind.NEVER if re.search(r"\bmutation\b", params.query) else StepKind.SAFE


@node("n8n-nodes-base.graphql", GraphqlParams, version=1.1, label="GraphQL", kind=step_kind)
async def ask(params: GraphqlParams, _item: Item, step: Step) -> Item | list[Item]:
    """Send the query and give the reply; errors in it fail the node."""
    if params.authentication != "none":
        raise InvalidInput("Credentials are not supported yet.", code="node.not_supported", place="authentication")
    headers = {"accept": "application/json"}
    headers |= {
        entry.name.strip(): entry.value for entry in params.header_parameters_ui.parameter if entry.name.strip()
    }
    sent: dict[str, Any] = {"query": params.query, "variables": _variables(params.variables)}
    if params.operation_name:
        sent["operationName"] = params.operation_name
    how: dict[str, Any] = {"json": sent}
    if params.request_method == "GET":
        how = {"params": [("query", params.query)]}
    elif params.request_format == "graphql":
        how = {"content": params.query.encode()}
        headers["content-type"] = "application/graphql"
    reply = await upstream.call(
        step.http,
        params.request_method,
        params.endpoint.strip(),
        service=host_of(params.endpoint),
        timeout_seconds=step.http_timeout_seconds,
        headers=headers,
        **how,
    )
    if params.response_format == "string":
        return Item(json={params.data_property_name: reply.text})
    return _read(reply.content, reply.status_code)


def _variables(given: Any) -> Any:
    if not isinstance(given, str):
        return given or {}
    try:
        return parse_json(given) if given.strip() else {}
    except ValueError as error:
        raise InvalidInput(
            f"The variables are not valid JSON: {error}.", code="node.invalid_parameter", place="variables"
        ) from None


def _read(content: bytes, status: int) -> Item | list[Item]:
    try:
        told = parse_json(content)
    except ValueError:
        raise UpstreamRejected("The reply is not valid JSON.", status=status, code="node.bad_answer") from None
    if isinstance(told, list):
        return [Item(json=entry if isinstance(entry, dict) else {"data": entry}) for entry in told]
    if not isinstance(told, dict):
        return Item(json={"data": told})
    if errors := told.get("errors"):
        messages = [str(error.get("message", error)) if isinstance(error, dict) else str(error) for error in errors]
        raise UpstreamRejected(", ".join(messages) or stringify(errors), status=status, code="node.refused_by_service")
    return Item(json=told)
