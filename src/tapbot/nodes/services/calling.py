"""The requests of one operation: signed, sent again where a service is busy, refused with the service's own reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from tapbot import upstream
from tapbot.credentials.types import Signature
from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import read_text
from tapbot.nodes.javascript import parse_json, stringify
from tapbot.nodes.paths import get_path
from tapbot.nodes.services.describe import ANY, Operation, Service
from tapbot.nodes.services.values import MISSING, Values
from tapbot.workflow.node import Step

UNAUTHORISED = 401
BUSY_TRIES = 3
LONGEST_PAUSE_SECONDS = 30.0
BOUNDARY = "tapbot-part-7f3a9c51d2e84b60"
REASONS = ("error.message", "message", "error_description", "errorMessages.0", "error.type", "error")
"""Where services say why they refuse."""


class Caller:
    """Sends the requests of one operation, for one item."""

    def __init__(self, service: Service, operation: Operation, kind: str, values: Values, step: Step) -> None:
        self.service = service
        self.operation = operation
        self.kind = kind
        self.values = values
        self.step = step

    async def send(
        self,
        query: Mapping[str, Any],
        path: str | None = None,
        more: Mapping[str, Any] | None = None,
        *,
        address: str | None = None,
        looking: bool = False,
    ) -> upstream.Response:
        """Send, wait where the service is busy, renew a refused token once.

        Args:
            path: Another one than the operation's.
            more: Fields of the body beside the operation's.
            address: A whole address that a reply named, in place of a path.
            looking: Only ask: a GET without a body.

        Raises:
            UpstreamRejected: The service said no; its own reason is in the message.
            UpstreamUnavailable: It is down, or busy for too long.
        """
        renew, busy = False, 0
        while True:
            try:
                url = await self._url(path, address)
                return self._checked(await self._send_once(query, url, None if looking else more or {}, renew=renew))
            except UpstreamUnavailable as error:
                busy += 1  # 429: nothing was done, so that even a write may be sent again
                pause = 2.0**busy if error.retry_after_seconds is None else error.retry_after_seconds
                if error.code != "upstream.busy" or busy >= BUSY_TRIES or pause > LONGEST_PAUSE_SECONDS:
                    raise
                await self.step.http.sleep(pause)
            except _Unauthorised as refused:
                if renew or not refused.renewable:
                    raise UpstreamRejected(
                        f"{self.service.label} did not accept the credential {refused.name!r}.",
                        status=UNAUTHORISED,
                        code="credential.refused",
                    ) from None
                renew = True

    async def _url(self, path: str | None, address: str | None) -> str:
        """Where the request goes: an address of a reply must be of the same service."""
        base = self.operation.base or self.service.base
        if "{" in base:
            base = base.format_map((await self.step.credential(self.kind)).fields).rstrip("/")
        if address is None:
            return base + (self.values.path(self.operation.path) if path is None else path)
        if urlsplit(address)[:2] != urlsplit(base)[:2]:
            raise UpstreamRejected(f"{self.service.label} names a next page at another host.", code="node.bad_answer")
        return address

    async def _send_once(
        self, query: Mapping[str, Any], url: str, more: Mapping[str, Any] | None, *, renew: bool
    ) -> upstream.Response:
        operation, step = self.operation, self.step
        opened, signature = None, Signature()
        if self.kind:
            opened, signature = await step.sign(self.kind, urlsplit(url).hostname or "", renew=renew)
        headers = {name: read_text(value) for name, value in self.values.object(operation.headers).items()}
        if operation.idempotency is not None:
            headers[operation.idempotency.header] = step.idempotency_key()
        content, form = (None, None) if more is None else self._body(headers, more)
        reply = await upstream.request(
            step.http,
            "GET" if more is None else operation.method,
            url,
            service=self.service.label,
            timeout_seconds=step.http_timeout_seconds,
            headers={**headers, **signature.headers},
            params={**query, **signature.query} or None,
            content=content,
            form=form,
        )
        if opened is not None and reply.status_code == UNAUTHORISED:
            raise _Unauthorised(opened.name, renewable=step.renewable(self.kind, opened))
        return reply

    def _body(
        self, headers: dict[str, str], more: Mapping[str, Any]
    ) -> tuple[bytes | str | None, dict[str, Any] | None]:
        operation, values = self.operation, self.values
        if operation.upload:
            return self._upload(headers), None
        if operation.form is not None:
            return None, dict(_form_fields(values.object(operation.form)))
        if operation.body is None:
            return None, None
        headers.setdefault("content-type", "application/json")
        if isinstance(operation.body, list):
            return stringify([values.object(entry) for entry in operation.body]), None
        return stringify({**values.object(operation.body), **more}), None

    def _upload(self, headers: dict[str, str]) -> bytes:
        """The item's file, behind its record where the service wants one."""
        operation, values = self.operation, self.values
        name = values.parameter(operation.upload)
        content, about = read_binary(values.item, "data" if name is MISSING else read_text(name))
        media_type = str(about.get("mimeType") or "application/octet-stream").split("\n")[0]
        if operation.multipart is None:
            headers.setdefault("content-type", media_type)
            return content
        headers["content-type"] = f"multipart/related; boundary={BOUNDARY}"
        record = stringify(values.object(operation.multipart))
        head = f"--{BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{record}\r\n"
        head += f"--{BOUNDARY}\r\nContent-Type: {media_type}\r\n\r\n"
        return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()

    def _checked(self, reply: upstream.Response) -> upstream.Response:
        """The reply, if it is a success."""
        failure = self.service.failure
        if reply.status_code >= 400:
            try:
                upstream.check_status(reply, self.service.label)
            except UpstreamRejected as error:
                raise UpstreamRejected(f"{error.message} {_reason(reply)}".strip(), status=error.status) from None
        elif failure is not None:
            said = read_json(reply)
            found = get_path(said, failure.field)[1] if isinstance(said, dict) else None
            if found == failure.is_ or (failure.is_ == ANY and found):
                reason = read_text(get_path(said, failure.message)[1])
                raise UpstreamRejected(f"{self.service.label} refused: {reason}.", status=reply.status_code)
        return reply


class _Unauthorised(Exception):
    def __init__(self, name: str, *, renewable: bool) -> None:
        super().__init__("unauthorised")
        self.name = name
        self.renewable = renewable


def _form_fields(made: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Fields of a form: parts of an object are `name[part]`, objects of a list `name[0][part]`."""
    for part, value in made.items():
        name = f"{within}[{part}]" if within else part
        if isinstance(value, Mapping):
            yield from _form_fields(value, name)
        elif isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value):
            yield from _form_fields({str(place): entry for place, entry in enumerate(value)}, name)
        else:
            yield name, written({name: value})[name]


def written(made: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a query and a form have them: texts, or lists of them."""
    return {
        name: [read_text(entry) for entry in value] if isinstance(value, list) else read_text(value)
        for name, value in made.items()
    }


def read_json(reply: upstream.Response) -> Any:
    """A reply as a value; `{}` where it is empty.

    Raises:
        UpstreamRejected: It is not JSON.
    """
    if not reply.content:
        return {}
    try:
        return parse_json(reply.content)
    except ValueError:
        raise UpstreamRejected(
            "The reply is not valid JSON.", status=reply.status_code, code="node.bad_answer"
        ) from None


def _reason(reply: upstream.Response) -> str:
    """What the service says of its refusal, in the places where services say it."""
    try:
        said = parse_json(reply.content)
    except ValueError:
        return ""
    for path in REASONS:
        found = get_path(said, path)[1] if isinstance(said, dict) else None
        if isinstance(found, str) and found:
            return found[:500]
    return ""
