"""Calls of the Bot API by nodes, with a credential's token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from tapbot import upstream
from tapbot.channels.telegram.client import SERVICE, read_answer
from tapbot.errors import UpstreamRejected
from tapbot.nodes.binaries import make_binary
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import Step

KIND = "telegramApi"


@dataclass(frozen=True)
class BotCalls:
    """Calls for one bot. Its token is in every address, so no address is ever shown."""

    step: Step
    address: str
    token: SecretStr

    async def invoke(self, method: str, sent: dict[str, Any]) -> dict[str, Any]:
        """Call a method; gives Telegram's whole answer.

        Raises:
            UpstreamUnavailable: No answer, 429 or 5xx.
            UpstreamRejected: Telegram refused the call.
        """
        reply = await upstream.request(
            self.step.http,
            "POST",
            f"{self.address}/bot{self.token.get_secret_value()}/{method}",
            service=SERVICE,
            timeout_seconds=self.step.http_timeout_seconds,
            follow_redirects=False,
            **sent,
        )
        read_answer(method, reply.status_code, reply.content, self.token.get_secret_value())
        found: dict[str, Any] = json.loads(reply.content)
        return found

    async def download(self, answer: dict[str, Any]) -> JsonObject:
        """What is in a file of which `getFile` told, as a binary of an item.

        Raises:
            UpstreamUnavailable: No answer, 429 or 5xx.
            UpstreamRejected: Telegram gave no place of the file, or it is gone.
        """
        path = str((answer.get("result") or {}).get("file_path") or "")
        if not path or ".." in path or "://" in path:
            raise UpstreamRejected(f"{SERVICE} gave no place of the file.", code="telegram.no_file")
        reply = await upstream.call(
            self.step.http,
            "GET",
            f"{self.address}/file/bot{self.token.get_secret_value()}/{path}",
            service=SERVICE,
            timeout_seconds=self.step.http_timeout_seconds,
            follow_redirects=False,
        )
        media_type = reply.headers.get("content-type", "").partition(";")[0] or None
        return make_binary(reply.content, name=path.rpartition("/")[2], media_type=media_type)


async def open_bot(step: Step) -> BotCalls:
    """The bot of a node's credential."""
    opened = await step.credential(KIND)
    return BotCalls(step, opened.text("baseUrl").rstrip("/"), SecretStr(opened.text("accessToken")))
