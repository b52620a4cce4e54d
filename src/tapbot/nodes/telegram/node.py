"""Telegram: one call of the Bot API for each item (https://core.telegram.org/bots/api)."""

from __future__ import annotations

import json
from typing import Any

from pydantic import SecretStr

from tapbot import upstream
from tapbot.channels.telegram.client import SERVICE, read_answer
from tapbot.errors import UpstreamRejected
from tapbot.nodes.binaries import make_binary, read_binary
from tapbot.nodes.telegram.body import FILE_FIELDS, build_body, method_of
from tapbot.nodes.telegram.params import TelegramParams
from tapbot.workflow.node import Step, node
from tapbot.workflow.types import Item, StepKind

KIND = "telegramApi"
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
    opened = await step.credential(KIND)
    token, address = SecretStr(opened.text("accessToken")), opened.text("baseUrl").rstrip("/")
    field = FILE_FIELDS.get(method)
    if field is not None and params.binary_data:
        content, about = read_binary(item, params.binary_property_name)
        name = params.additional_fields.get("fileName") or about.get("fileName") or params.binary_property_name
        file = (str(name), content, str(about.get("mimeType") or "application/octet-stream"))
        sent: dict[str, Any] = {"form": _as_form(body), "files": {field: file}}
    else:
        sent = {"json": body}
    answer = await _call(step, address, token, method, sent)
    if method == "getFile" and params.download:
        return await _with_content(step, address, token, answer)
    return Item(json=answer)


async def _call(step: Step, address: str, token: SecretStr, method: str, sent: dict[str, Any]) -> dict[str, Any]:
    reply = await upstream.request(
        step.http,
        "POST",
        f"{address}/bot{token.get_secret_value()}/{method}",
        service=SERVICE,
        timeout_seconds=step.http_timeout_seconds,
        follow_redirects=False,
        **sent,
    )
    read_answer(method, reply.status_code, reply.content, token.get_secret_value())
    found: dict[str, Any] = json.loads(reply.content)
    return found


async def _with_content(step: Step, address: str, token: SecretStr, answer: dict[str, Any]) -> Item:
    """What is known of the file, and its content beside it."""
    path = str((answer.get("result") or {}).get("file_path") or "")
    if not path or ".." in path or "://" in path:
        raise UpstreamRejected(f"{SERVICE} gave no place of the file.", code="telegram.no_file")
    reply = await upstream.call(
        step.http,
        "GET",
        f"{address}/file/bot{token.get_secret_value()}/{path}",
        service=SERVICE,
        timeout_seconds=step.http_timeout_seconds,
        follow_redirects=False,
    )
    media_type = reply.headers.get("content-type", "").partition(";")[0] or None
    return Item(
        json=answer, binary={"data": make_binary(reply.content, name=path.rpartition("/")[2], media_type=media_type)}
    )


def _as_form(body: dict[str, Any]) -> dict[str, str]:
    """Fields beside a file are text, and what is no text is JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
