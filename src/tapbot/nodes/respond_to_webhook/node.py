"""Respond to webhook: answers the request that started the run, and passes its items on."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text, read_text
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.paths import set_path
from tapbot.nodes.replies import read_headers, reply_file, reply_json, reply_nothing, reply_redirect, reply_text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, WebhookReply, batch_node
from tapbot.workflow.types import Item, Outputs

SAMPLE = '{\n  "myField": "value"\n}'


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


class RespondOptions(NodeParams):
    """Less used settings."""

    response_code: int | None = None
    """Status of the reply."""
    response_headers: Headers = Field(default_factory=Headers)
    """Headers of the reply."""
    response_key: Text = ""
    """Put the reply into this field of an object."""


class RespondToWebhookParams(NodeParams):
    """What the caller gets."""

    respond_with: Literal["firstIncomingItem", "allIncomingItems", "json", "text", "noData", "redirect", "binary"] = (
        "firstIncomingItem"
    )
    """What is sent."""
    response_body: Any = SAMPLE
    """Body, for `json` and `text`."""
    redirect_url: Text = Field(default="", alias="redirectURL")
    """Address to send the caller to."""
    response_data_source: Literal["automatically", "set"] = "automatically"
    """For `binary`: the item's only file, or one by its name."""
    input_field_name: Text = "data"
    """Name of the file."""
    enable_response_output: bool = False
    """Give the reply at a second output."""
    options: RespondOptions = Field(default_factory=RespondOptions)
    """Less used settings."""


def output_names(parameters: JsonObject) -> tuple[str, ...]:
    """The items, and the reply where it is asked for."""
    return ("Input Data", "Response") if parameters.get("enableResponseOutput") else ("main",)


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """All versions fit the newest one; a signed token is refused when the workflow is loaded."""
    if parameters.get("respondWith") == "jwt":
        raise InvalidInput(
            "Responding with a JWT is not supported yet: choose JSON or text.",
            code="node.not_supported",
            place="respondWith",
        )
    return parameters


@batch_node(
    "n8n-nodes-base.respondToWebhook",
    RespondToWebhookParams,
    version=1.5,
    label="Respond to Webhook",
    outputs=output_names,
    upgrade=upgrade,
)
def respond(call: NodeCall[RespondToWebhookParams]) -> Outputs:
    """Answer once, for the first item, and pass all items on."""
    reply = build_reply(call.params, call.items)
    call.step.respond(reply)
    if not call.params.enable_response_output:
        return [call.items]
    shown = Item(json={"statusCode": reply.status, "headers": dict(reply.headers), "body": _shown_body(reply)})
    return [call.items, [shown]]


def build_reply(params: RespondToWebhookParams, items: list[Item]) -> WebhookReply:
    """The reply that the parameters ask for.

    Raises:
        InvalidInput: The body is not valid JSON, there is no such file, or a header cannot be sent.
    """
    headers = read_headers(params.options.response_headers.entries)
    status = params.options.response_code or (307 if params.respond_with == "redirect" else 200)
    first = items[0] if items else Item(json={})
    match params.respond_with:
        case "noData":
            return reply_nothing(status=status, headers=headers)
        case "redirect":
            return reply_redirect(params.redirect_url, status=status, headers=headers)
        case "binary":
            name = params.input_field_name if params.response_data_source == "set" else None
            return reply_file(first, name, status=status, headers=headers)
        case "text":
            return reply_text(read_text(params.response_body), status=status, headers=headers)
        case _:
            return reply_json(_json_value(params, items, first), status=status, headers=headers)


def _json_value(params: RespondToWebhookParams, items: list[Item], first: Item) -> Any:
    if params.respond_with == "json":
        return _read_json(params.response_body)
    return _keyed(params, [item.json for item in items] if params.respond_with == "allIncomingItems" else first.json)


def _keyed(params: RespondToWebhookParams, value: Any) -> Any:
    if not params.options.response_key:
        return value
    record: dict[str, Any] = {}
    set_path(record, params.options.response_key, value)
    return record


def _read_json(body: Any) -> Any:
    if not isinstance(body, str):
        return body
    try:
        return parse_json(body)
    except ValueError as error:
        raise InvalidInput(
            f"The body of the response is not valid JSON: {error}.",
            code="node.invalid_parameter",
            place="responseBody",
            hint="A text that comes from an expression needs quotes around it.",
        ) from None


def _shown_body(reply: WebhookReply) -> Any:
    text = reply.body.decode("utf-8", "replace")
    is_json = reply.headers.get("content-type", "").startswith("application/json")
    return json.loads(text) if is_json else text
