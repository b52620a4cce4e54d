"""WhatsApp Business Cloud: one call of the Cloud API for each item."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from tapbot import upstream
from tapbot.channels.whatsapp.client import SERVICE, read_error
from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.whats_app.body import MEDIA, build_message, needed
from tapbot.nodes.whats_app.params import WhatsAppParams
from tapbot.workflow.node import Step, node
from tapbot.workflow.types import Item, StepKind

KIND = "whatsAppApi"
SENDS = frozenset({"send", "sendTemplate"})
"""WhatsApp knows no key by which it could tell a repeated message: these are never repeated."""


@dataclass(frozen=True)
class GraphCalls:
    """Calls for one business. Its token is a header and never shown."""

    step: Step
    address: str
    token: SecretStr

    async def call(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Call the API; gives its answer.

        Raises:
            UpstreamUnavailable: No answer, a limit was reached, or WhatsApp is down.
            UpstreamRejected: WhatsApp refused the call.
        """
        token = self.token.get_secret_value()
        reply = await upstream.request(
            self.step.http,
            method,
            f"{self.address}/{path}",
            service=SERVICE,
            timeout_seconds=self.step.http_timeout_seconds,
            headers={"Authorization": f"Bearer {token}"},
            follow_redirects=False,
            **sent,
        )
        if reply.status_code >= 400:
            raise read_error(reply.status_code, reply.content, token)
        found: dict[str, Any] = json.loads(reply.content)
        return found


def kind_of(params: WhatsAppParams) -> StepKind:
    """A message may not be sent twice; a file may be uploaded again, and everything else done again."""
    return StepKind.NEVER if params.operation in SENDS else StepKind.SAFE


@node("n8n-nodes-base.whatsApp", WhatsAppParams, version=1.1, label="WhatsApp Business Cloud", kind=kind_of)
async def whatsapp(params: WhatsAppParams, item: Item, step: Step) -> Item:
    """Send messages and templates, and upload, look up or delete files; gives what WhatsApp answers."""
    opened = await step.credential(KIND)
    graph = GraphCalls(step, opened.text("baseUrl").rstrip("/"), SecretStr(opened.text("accessToken")))
    if params.operation in SENDS:
        number = needed(params.phone_number_id, "phoneNumberId")
        media_id = await _upload(graph, params, item) if _sends_own_file(params) else None
        return Item(json=await graph.call("POST", f"{_id(number)}/messages", json=build_message(params, media_id)))
    if params.operation == "mediaUpload":
        return Item(json={"id": await _upload(graph, params, item)})
    if params.operation == "mediaUrlGet":
        return Item(json=await graph.call("GET", _id(needed(params.media_get_id, "mediaGetId"))))
    return Item(json=await graph.call("DELETE", _id(needed(params.media_delete_id, "mediaDeleteId"))))


def _sends_own_file(params: WhatsAppParams) -> bool:
    own = params.media_path == "useMedian8n" and params.message_type in MEDIA
    return own and params.operation == "send"


async def _upload(graph: GraphCalls, params: WhatsAppParams, item: Item) -> str:
    content, about = read_binary(item, params.media_property_name)
    media_type = str(about.get("mimeType") or "application/octet-stream")
    name = params.additional_fields.media_filename or str(about.get("fileName") or params.media_property_name)
    answer = await graph.call(
        "POST",
        f"{_id(needed(params.phone_number_id, 'phoneNumberId'))}/media",
        form={"messaging_product": "whatsapp", "type": media_type},
        files={"file": (name, content, media_type)},
    )
    return str(answer.get("id"))


def _id(written: str) -> str:
    """An id as a part of an address.

    Raises:
        InvalidInput: It is none.
    """
    if not written.isdecimal():
        raise InvalidInput(f"{written!r} is no id of WhatsApp's: they are digits.", code="node.invalid_parameter")
    return written
