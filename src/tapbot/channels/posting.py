"""Handing a message in by POST: which answers say that it was taken, and which leave that open."""

from __future__ import annotations

from typing import Any, Unpack

import msgspec

from tapbot import upstream
from tapbot.errors import UpstreamUnavailable
from tapbot.upstream import HttpClient

SILENCE_SECONDS, DEADLINE_SECONDS = 30.0, 60.0


async def post(
    http: HttpClient, url: str, *, service: str, repeatable: bool, **sent: Unpack[upstream.Sent]
) -> tuple[int, Any]:
    """Post a message; gives a status below 500 and the decoded body (`None` where it is no JSON).

    Args:
        service: Name of the other side in messages.
        repeatable: Whether a message may be sent again after an answer that says nothing.
        sent: Body and headers.

    Raises:
        UpstreamUnavailable: Not taken now; or nobody knows, and then its code is one of `MAY_HAVE_ARRIVED`
            unless the message may be repeated.
    """
    sent["follow_redirects"] = False
    reply = await upstream.request(
        http, "POST", url, service=service, timeout_seconds=SILENCE_SECONDS, deadline_seconds=DEADLINE_SECONDS, **sent
    )
    wait = upstream.read_retry_after(reply.headers)
    if reply.status_code == 429 or (reply.status_code == 503 and wait is not None):  # said before anything was done
        busy = f"{service} is busy ({reply.status_code})."
        raise UpstreamUnavailable(busy, retry_after_seconds=wait, code="upstream.busy")
    if reply.status_code >= 500:
        raise unknown(f"{service} answered {reply.status_code}", repeatable=repeatable)
    try:
        return reply.status_code, msgspec.json.decode(reply.content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return reply.status_code, None


def unknown(what: str, *, repeatable: bool) -> UpstreamUnavailable:
    """The service said something that leaves open whether it took the message."""
    code = "upstream.failed" if repeatable else "upstream.no_reply"
    return UpstreamUnavailable(f"{what}, which does not say whether the message was taken.", code=code)
