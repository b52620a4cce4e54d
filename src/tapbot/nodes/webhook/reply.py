"""What the caller of a webhook gets, by how the run went. Pure; the API calls it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapbot.nodes.paths import get_path
from tapbot.nodes.replies import read_headers, reply_file, reply_json, reply_nothing, reply_text
from tapbot.nodes.webhook.params import WebhookParams
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.types import Item

STARTED = {"message": "Workflow was started"}
FAILED = {"message": "Error in workflow"}
NO_DATA = {"message": "Workflow executed successfully but no data was returned"}


def reply_at_once(params: WebhookParams) -> WebhookReply:
    """The answer of the mode `onReceived`, given when the run is accepted."""
    status, headers = params.options.response_code.status, read_headers(params.options.response_headers.entries)
    if params.options.no_response_body:
        return reply_nothing(status=status, headers=headers)
    return _reply_value(params.options.response_data or STARTED, status, headers)


def reply_from_items(params: WebhookParams, items: Sequence[Item]) -> WebhookReply:
    """The answer of the mode `lastNode`, from the items of the node that ran last.

    Raises:
        InvalidInput: The first item has no such file.
    """
    status, headers = params.options.response_code.status, read_headers(params.options.response_headers.entries)
    if params.response_data == "noData" or params.options.no_response_body:
        return reply_nothing(status=status, headers=headers)
    if params.response_data == "allEntries":
        return reply_json([item.json for item in items], status=status, headers=headers)
    if not items:
        return reply_json(NO_DATA, status=status, headers=headers)
    if params.response_data == "firstEntryBinary":
        return reply_file(items[0], params.response_binary_property_name, status=status, headers=headers)
    value: Any = items[0].json
    if params.options.response_property_name:
        value = get_path(value, params.options.response_property_name)[1]
    if params.options.response_content_type:
        headers.setdefault("content-type", params.options.response_content_type)
    return _reply_value(value, status, headers)


def reply_for_error() -> WebhookReply:
    """The answer when the run failed before it gave one. What failed is for the company's eyes only."""
    return reply_json(FAILED, status=500)


def reply_unanswered() -> WebhookReply:
    """The answer when the run ended well and no node answered."""
    return reply_json(NO_DATA)


def _reply_value(value: Any, status: int, headers: dict[str, str]) -> WebhookReply:
    """A text as it is, anything else as JSON."""
    if isinstance(value, str):
        return reply_text(value, status=status, headers=headers)
    return reply_json(value, status=status, headers=headers)
