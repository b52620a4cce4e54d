"""How a run ended, and how that is kept and read again."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tapbot.storage.types import JsonObject
from tapbot.workflow.execution import Execution
from tapbot.workflow.items import item_from_json
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.run import InDoubt, StepFailed
from tapbot.workflow.types import Item


@dataclass(slots=True)
class Outcome:
    """How a run ended.

    Args:
        items: What the last node gave.
        reply: What the webhook's caller gets, if a node said so.
        wake_at: When it goes on, if it waits for a time.
    """

    run_id: str
    status: str
    items: list[Item]
    error: JsonObject | None
    reply: WebhookReply | None
    execution: Execution | None
    wake_at: datetime | None = None


def items_of(status: str, output: Any, error: JsonObject | None, name: str) -> list[Item]:
    """A child's items, or its failure as the caller's."""
    if status == "succeeded":
        return [item_from_json(item) for item in output or []]
    told = error or {}
    message = str(told.get("message") or f"The workflow ended {status}.")
    if status == "in_doubt":
        raise InDoubt(message, place=name)
    raise StepFailed(message, code=str(told.get("code") or "run.step_failed"), place=name)


def reply_to_json(reply: WebhookReply | None) -> JsonObject | None:
    if reply is None:
        return None
    body = base64.b64encode(reply.body).decode()
    return {"status": reply.status, "headers": dict(reply.headers), "body": body}


def reply_from_json(told: JsonObject | None) -> WebhookReply | None:
    """A reply that was given before the run left memory."""
    if told is None:
        return None
    known: dict[str, Any] = dict(told)
    return WebhookReply(known["status"], known["headers"], base64.b64decode(known["body"]))
