"""The quick way in: a webhook is answered in front of the web framework, under the same promises as every request.

The stack of `middleware.py` and the framework's routing cost a webhook more than its workflow does. So its path is
read here, and what the stack would do is done once, in a line: the id and the log line, the check of the host's name,
the limit on the body, errors as problems, and the headers that keep a browser safe.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tapbot.api.direct import DirectWay
from tapbot.api.errors import answer_refusal
from tapbot.api.listeners import PATH
from tapbot.api.middleware import safe_headers, too_large
from tapbot.api.webhook import METHODS, Call, WebhookApi
from tapbot.api.wire import CONTROL, Guards, RawHeaders, raw_answer
from tapbot.telemetry.tracing import span
from tapbot.workflow.node import WebhookReply

UNKNOWN_METHOD = HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(METHODS)})
WHOLE_ANSWER = "tapbot.whole_answer"
"""An extension of our own server: `(status, head, body)` sends an answer in one piece."""


class WebhookEdge:
    """Answers webhooks, and passes everything else on.

    Args:
        app: The rest of the server.
    """

    def __init__(
        self, app: ASGIApp, webhooks: WebhookApi, guards: Guards, *, trusted_proxies: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._webhooks = webhooks
        self._guards = guards
        self.direct = DirectWay(webhooks, guards, trusted_proxies=trusted_proxies)
        """Answers those that wait for nothing, for a server that asks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        found = PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        log = self._guards.log
        request_id = log.new_id()
        scope["state"] = {"request_id": request_id}
        structlog.contextvars.bind_contextvars(request_id=request_id)  # the request's own task ends with it
        started, method = time.perf_counter(), scope["method"]
        status = 0
        with span(f"{method} /webhook", method=method):
            try:
                answer = await self._guards.boundary.outcome(scope, self._answer(scope, receive, found))
                status, headers, body = raw_answer(answer)
            except ClientDisconnect:
                return  # it hung up in the middle of its own request: nobody waits for an answer
            finally:
                log.write(scope, status, time.perf_counter() - started)
        headers.append((b"x-request-id", request_id.encode()))
        names = frozenset([name for name, _ in headers])
        send_whole = scope.get("extensions", {}).get(WHOLE_ANSWER)
        if send_whole is not None and not CONTROL.search(b"".join([value for _, value in headers])):
            head = b"".join([b"%b: %b\r\n" % header for header in headers]) + _safe_head(names, scope["scheme"])
            await send_whole(status, head, body)
            return
        headers += _safe_headers(names, scope["scheme"])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive, found: re.Match[str]) -> WebhookReply | Response:
        """Read the request and have it answered."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        named = dict(reversed(headers))  # of a header that came twice, the first one counts
        self._guards.hosts.check(named.get("host", ""))
        body = await self._read_body(receive, named.get("content-length", ""))
        if scope["method"] not in METHODS:
            return answer_refusal(UNKNOWN_METHOD)
        query = scope["query_string"]
        call = Call(
            project=found["project"],
            environment=found["environment"],
            path=found["path"],
            method=scope["method"],
            headers=headers,
            named=named,
            query=parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else [],
            client=scope["client"][0] if scope.get("client") else "",
            url=f"{scope['scheme']}://{named.get('host', '')}{scope['path']}",
            body=body,
        )
        return await self._webhooks.answer(call)

    async def _read_body(self, receive: Receive, announced: str) -> bytes:
        """The whole body, unless it is over the limit."""
        limit_bytes = self._guards.limit_bytes
        if announced.isdecimal() and int(announced) > limit_bytes:
            raise too_large(limit_bytes)
        body = b""
        while True:
            message: Mapping[str, Any] = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part: bytes = message.get("body", b"")
            body = body + part if body else part
            if len(body) > limit_bytes:
                raise too_large(limit_bytes)
            if not message.get("more_body", False):
                return body


@lru_cache(maxsize=64)
def _safe_head(given: frozenset[bytes], scheme: str) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in _safe_headers(given, scheme)])


@lru_cache(maxsize=64)
def _safe_headers(given: frozenset[bytes], scheme: str) -> RawHeaders:
    return safe_headers(given, secure=scheme == "https", managed=False)
