"""What answers look like on the wire, and what every request passes on its way."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.responses import Response

from tapbot.api.middleware import ErrorBoundary, HostCheck, RequestLog
from tapbot.workflow.node import WebhookReply

WITHOUT_LENGTH = frozenset({204, 304})
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Guards:
    """What every request passes, as the stack has it too."""

    log: RequestLog
    boundary: ErrorBoundary
    hosts: HostCheck
    limit_bytes: int


def raw_answer(answer: WebhookReply | Response) -> tuple[int, RawHeaders, bytes]:
    """Status, headers and body as the server writes them."""
    if isinstance(answer, Response):
        return answer.status_code, list(answer.raw_headers), bytes(answer.body)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status in WITHOUT_LENGTH:
        return answer.status, headers, b""
    headers.append((b"content-length", b"%d" % len(answer.body)))
    return answer.status, headers, answer.body
