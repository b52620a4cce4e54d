"""Telegram: one call of the Bot API for each item (https://core.telegram.org/bots/api)."""

from __future__ import annotations

import json
from typing import Any

from tapbot.nodes.binaries import read_binary
from tapbot.nodes.telegram.body import FILE_FIELDS, build_body, method_of
from tapbot.nodes.telegram.params import TelegramParams
from tapbot.nodes.telegram_bot import open_bot
from tapbot.workflow.node import Step, node
from tapbot.workflow.types import Item, StepKind

SENDS = frozenset({"sendLocation", "sendMediaGroup", "sendMessage", *FILE_FIELDS})
"""Telegram knows no key by which it could tell a repeated message: these are never repeated."""


def kind_of(params: TelegramParams) -> StepKind:
    """A message may not be sent twice; everything else may be done again."""
    return StepKind.NEVER if params.resource == "message" and params.operation in SENDS else StepKind.SAFE


@node("n8n-nodes-base.telegram", TelegramParams, version=1.2, label="Telegram", kind=kind_of)
async def telegram(params: TelegramParams, item: Item, step: Step) -> Item:
    """Send, edit or delete messages, answer buttons, and ask about chats and files; gives what Telegram answers."""
    method = method_of(params)
    body = build_body(params, method)
    bot = await open_bot(step)
    field = FILE_FIELDS.get(method)
    if field is not None and params.binary_data:
        content, about = read_binary(item, params.binary_property_name)
        name = params.additional_fields.get("fileName") or about.get("fileName") or params.binary_property_name
        file = (str(name), content, str(about.get("mimeType") or "application/octet-stream"))
        sent: dict[str, Any] = {"form": _as_form(body), "files": {field: file}}
    else:
        sent = {"json": body}
    answer = await bot.invoke(method, sent)
    if method == "getFile" and params.download:
        return Item(json=answer, binary={"data": await bot.download(answer)})
    return Item(json=answer)


def _as_form(body: dict[str, Any]) -> dict[str, str]:
    """Fields beside a file are text, and what is no text is JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
