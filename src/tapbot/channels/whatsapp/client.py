"""Calls of WhatsApp's Cloud API, and the one function that turns its refusals into errors."""

from __future__ import annotations

from typing import Unpack

import msgspec
from pydantic import SecretStr

from tapbot import upstream
from tapbot.errors import TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.upstream import HttpClient

SERVICE = "WhatsApp"
BUSY = frozenset({4, 80007, 130429, 131048, 131056, 133016})
"""Codes of limits: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes."""
DOWN = frozenset({1, 2, 131000, 131016, 131057, 133004})
CODES = {
    0: "whatsapp.bad_token",
    10: "whatsapp.no_permission",
    190: "whatsapp.bad_token",
    368: "whatsapp.account_locked",
    130472: "whatsapp.not_chosen",
    131026: "whatsapp.undeliverable",
    131031: "whatsapp.account_locked",
    131042: "whatsapp.payment",
    131047: "whatsapp.window_closed",
    131049: "whatsapp.not_chosen",
    131050: "whatsapp.opted_out",
    131051: "whatsapp.unsupported",
    131052: "whatsapp.media",
    131053: "whatsapp.media",
    132000: "whatsapp.template_variables",
    132001: "whatsapp.no_template",
    132012: "whatsapp.template_variables",
    132015: "whatsapp.template_paused",
    132016: "whatsapp.template_paused",
}
BUSY_SECONDS = 6.0
"""WhatsApp does not say how long to wait; one message to one person every six seconds is always taken."""


class Reason(msgspec.Struct, frozen=True):
    """Details of a refusal."""

    details: str = ""


class Problem(msgspec.Struct, frozen=True):
    """What the Graph API says when it refuses."""

    code: int = 0
    message: str = ""
    title: str = ""
    error_data: Reason = Reason()


class Refused(msgspec.Struct, frozen=True):
    """A refusal's body."""

    error: Problem


class GraphApi:
    """The Graph API for one business. Its token is a header and never shown."""

    def __init__(self, token: SecretStr, http: HttpClient, api_url: str, version: str) -> None:
        self._token = token
        self._http = http
        self._origin = api_url.rstrip("/")
        self._base = f"{self._origin}/{version}"

    async def call(
        self, method: str, path: str, *, timeout_seconds: float = 20, **sent: Unpack[upstream.Sent]
    ) -> bytes:
        """Call the API and give the answer's body.

        Args:
            path: After the version, for example `123/messages`.
            timeout_seconds: Longest silence of the server.
            sent: Body and query.

        Raises:
            UpstreamUnavailable: No answer, a limit was reached, or WhatsApp is down.
            UpstreamRejected: WhatsApp refused the call.
        """
        return await self._request(method, f"{self._base}/{path}", timeout_seconds, sent)

    async def download(self, url: str, *, limit_bytes: int, timeout_seconds: float = 60) -> bytes:
        """Fetch a file from where the API says it is. Only there the token is shown, and never without TLS.

        Raises:
            LimitExceeded: It is larger than the limit.
            UpstreamUnavailable: No answer, or WhatsApp is down.
            UpstreamRejected: The file is gone, or its address is none of WhatsApp's.
        """
        if not url.startswith(("https://", f"{self._origin}/")):
            raise UpstreamRejected("WhatsApp gave an address without TLS for a file.", code="whatsapp.unexpected")
        return await self._request("GET", url, timeout_seconds, {"limit_bytes": limit_bytes})

    async def _request(self, method: str, url: str, timeout_seconds: float, sent: upstream.Sent) -> bytes:
        sent["headers"] = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        sent["follow_redirects"] = False
        reply = await upstream.request(
            self._http,
            method,
            url,
            service=SERVICE,
            timeout_seconds=timeout_seconds,
            deadline_seconds=timeout_seconds * 2,
            **sent,
        )
        if reply.status_code >= 400:
            raise read_error(reply.status_code, reply.content, self._token.get_secret_value())
        return reply.content


def read_error(status: int, body: bytes, token: str) -> TapbotError:
    """Turn a refusal into the error that its code stands for.

    Args:
        status: The HTTP status.
        token: Blanked should the answer repeat it.
    """
    try:
        problem = msgspec.json.decode(body, type=Refused).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        text = f"{SERVICE} answered {status} without a reason."
        if status >= 500 or status == 429:
            return UpstreamUnavailable(text, code="whatsapp.failed")
        return UpstreamRejected(text, status=status, code="whatsapp.rejected")
    message = f"{SERVICE} refused: {explain(problem)}.".replace(token, "***")
    if problem.code in BUSY or status == 429:
        return UpstreamUnavailable(message, retry_after_seconds=BUSY_SECONDS, code="whatsapp.too_many")
    if problem.code in DOWN or status >= 500:
        return UpstreamUnavailable(message, code="whatsapp.failed")
    if status == 401:
        text = f"{SERVICE} does not take the access token. Make a new one that does not expire, for a system user."
        return UpstreamRejected(text, status=status, code="whatsapp.bad_token")
    return UpstreamRejected(message, status=status, code=CODES.get(problem.code, "whatsapp.rejected"))


def explain(problem: Problem) -> str:
    """A refusal in one line."""
    said = problem.message or problem.title
    details = problem.error_data.details.rstrip(".")
    return f"{said}: {details} ({problem.code})" if details else f"{said} ({problem.code})"
