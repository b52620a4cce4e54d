"""Signed reading of Google's APIs; an access token that was refused is renewed once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from tapbot import upstream
from tapbot.credentials.types import Opened, Signature
from tapbot.errors import UpstreamRejected
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.paths import get_path

UNAUTHORISED = 401


class Signs(Protocol):
    """What signs requests: a step, or the keys of a trigger that looks for news."""

    async def sign(self, kind: str, host: str, *, renew: bool = False) -> tuple[Opened, Signature]:
        """See `Step.sign`."""
        ...

    def renewable(self, kind: str, opened: Opened) -> bool:
        """See `Step.renewable`."""
        ...


class GoogleApi:
    """One of Google's APIs.

    Args:
        label: Its name in messages.
        base: Where its addresses begin.
        kind: Kind of the credential.
    """

    def __init__(
        self, signs: Signs, http: upstream.HttpClient, *, label: str, base: str, kind: str, timeout_seconds: float
    ) -> None:
        self._signs = signs
        self._http = http
        self._label = label
        self._base = base
        self._kind = kind
        self._timeout_seconds = timeout_seconds

    async def get(self, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """Read something.

        Raises:
            UpstreamRejected: Google said no; its reason is in the message.
            UpstreamUnavailable: It is away, or busy.
        """
        for renew in (False, True):
            opened, signature = await self._signs.sign(self._kind, urlsplit(self._base).hostname or "", renew=renew)
            reply = await upstream.request(
                self._http,
                "GET",
                self._base + path,
                service=self._label,
                timeout_seconds=self._timeout_seconds,
                headers=signature.headers,
                params=dict(query) or None,
            )
            if reply.status_code != UNAUTHORISED or renew or not self._signs.renewable(self._kind, opened):
                return self._read(reply)
        raise AssertionError("the second answer returns or raises")

    def _read(self, reply: upstream.Response) -> dict[str, Any]:
        try:
            said = parse_json(reply.content) if reply.content else {}
        except ValueError:
            said = {}
        said = said if isinstance(said, dict) else {}
        if reply.status_code >= 400:
            try:
                upstream.check_status(reply, self._label)
            except UpstreamRejected as error:
                reason = get_path(said, "error.message")[1] or ""
                raise UpstreamRejected(f"{error.message} {reason}".strip(), status=error.status) from None
        return said
