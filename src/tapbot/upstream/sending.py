"""Sending one request: deadline, redirects hop by hop, size limit, retries on demand, statuses turned into errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypedDict, Unpack

import httpx2

from tapbot.errors import InvalidInput, UpstreamRejected, UpstreamUnavailable
from tapbot.upstream.client import HttpClient, Response, shown
from tapbot.upstream.http1 import too_large
from tapbot.upstream.transport import is_http

MOST_REDIRECTS = 5
DEADLINE_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0
MAY_HAVE_ARRIVED = frozenset({"upstream.timeout", "upstream.deadline", "upstream.no_reply"})
"""The other side may have done what it was asked, although it did not say so."""
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
# All that crosses to another origin; anything else may be a credential under a name of its own.
HARMLESS_HEADERS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})
UNPACKED_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True)
class Limits:
    """How long one attempt may take and how much it may bring."""

    timeout_seconds: float
    deadline_seconds: float
    limit_bytes: int


class Sent(TypedDict, total=False):
    """What a request carries, and how its answer is taken; each may be left out."""

    headers: Mapping[str, str] | None
    """Headers beside the usual ones."""
    json: Any
    """JSON body."""
    content: bytes | str | None
    """Body as it is."""
    params: Mapping[str, Any] | None
    """Added to the query of the address."""
    form: Mapping[str, Any] | None
    """Fields of a form body."""
    files: Any
    """Parts of a multipart body, as httpx takes them."""
    follow_redirects: bool
    """Follow at most five (so unless told otherwise); headers of ours stay at the first origin."""
    limit_bytes: int | None
    """Largest answer, unpacked; the policy's when not given."""


async def call(
    http: HttpClient,
    method: str,
    url: str,
    *,
    service: str,
    timeout_seconds: float,
    deadline_seconds: float = DEADLINE_SECONDS,
    attempts: int = 1,
    **sent: Unpack[Sent],
) -> Response:
    """Send one request and return a reply whose status is below 400.

    Args:
        http: The client whose policy holds.
        method: HTTP method.
        url: Absolute address. It may hold a secret, so it never appears in a message.
        service: Name of the other side in messages, for example `"Telegram"`.
        timeout_seconds: Longest silence of the other side, not of the whole call.
        deadline_seconds: Longest time of the whole call, retries included.
        attempts: Tries in all. More than one only for methods that may be repeated (RFC 9110, section 9.2.2).
        sent: Body, headers and the like, see `Sent`.

    Raises:
        UpstreamUnavailable: No reply, 429 or 5xx. `retry_after_seconds` is the wait
            that the other side asked for (RFC 9110, section 10.2.3), if any.
        UpstreamRejected: Any other status from 400 up, or an address that the policy refuses.
        LimitExceeded: The answer is larger than its limit.
        InvalidInput: `url` is no http address.
    """
    if attempts > 1 and method.upper() not in IDEMPOTENT:
        raise ValueError(f"{method} may not be repeated without the caller's own key: attempts must be 1")
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + deadline_seconds
    for attempt in range(1, attempts + 1):
        try:
            left = ends_at - loop.time()
            response = await request(
                http,
                method,
                url,
                service=service,
                timeout_seconds=timeout_seconds,
                deadline_seconds=left,
                **sent,
            )
            return check_status(response, service)
        except UpstreamUnavailable as error:
            pause_seconds = error.retry_after_seconds or FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
            too_long = pause_seconds > LONGEST_PAUSE_SECONDS or loop.time() + pause_seconds >= ends_at
            if attempt == attempts or too_long:
                raise
            await http.sleep(pause_seconds)
    raise AssertionError("the last attempt returns or raises")


async def request(
    http: HttpClient,
    method: str,
    url: str,
    *,
    service: str,
    timeout_seconds: float,
    deadline_seconds: float = DEADLINE_SECONDS,
    **sent: Unpack[Sent],
) -> Response:
    """Send one request and return the reply, whatever its status. Arguments as in `call`.

    Raises:
        UpstreamUnavailable: No reply, or none in time.
        UpstreamRejected: The address, or one that it redirects to, is refused; or too many redirects.
        LimitExceeded: The answer is larger than its limit.
        InvalidInput: `url` is no http address.
    """
    redirects = MOST_REDIRECTS if sent.get("follow_redirects", True) else 0
    limit_bytes = sent.get("limit_bytes") or http.policy.response_limit_bytes
    limits = Limits(timeout_seconds, deadline_seconds, limit_bytes)
    first = _build(http, method, url, limits, sent)
    try:
        async with asyncio.timeout(deadline_seconds):
            return await _send_following(http, first, service, limits, redirects)
    except (TimeoutError, httpx2.RequestError, httpx2.InvalidURL) as error:
        raise _failure(error, service, shown(first.url), limits) from None


def _failure(error: Exception, service: str, address: str, limits: Limits) -> UpstreamUnavailable | UpstreamRejected:
    """What it means that no answer came. It names the error's class, not its text: some texts quote the address."""
    kind = type(error).__name__
    if isinstance(error, TimeoutError):
        return UpstreamUnavailable(
            f"{service} did not finish its answer within {limits.deadline_seconds:.0f} s.", code="upstream.deadline"
        )
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        # A code of its own: nothing was sent, so that even a write may be tried again.
        return UpstreamUnavailable(f"{service} ({address}) could not be reached ({kind}).", code="upstream.not_reached")
    if isinstance(error, httpx2.TimeoutException):
        return UpstreamUnavailable(
            f"{service} ({address}) kept silent for {limits.timeout_seconds:g} s.", code="upstream.timeout"
        )
    if isinstance(error, httpx2.InvalidURL):
        return UpstreamRejected(f"{service} redirected to something that is no address.")
    return UpstreamUnavailable(f"{service} ({address}) broke off its answer ({kind}).", code="upstream.no_reply")


def _build(http: HttpClient, method: str, url: str, limits: Limits, sent: Sent) -> httpx2.Request:
    try:
        address = _address(url)
        if params := sent.get("params"):
            address = address.copy_merge_params(dict(params))
        if not is_http(address):
            raise InvalidInput("An outgoing call goes to http:// or https:// and a host.", code="upstream.bad_address")
        headers = http.raw.headers  # a copy is made of them
        if given := sent.get("headers"):
            headers = headers.copy()
            headers.update(given)
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), limits.timeout_seconds)
        return httpx2.Request(
            method.upper(),
            address,
            extensions={"limit_bytes": limits.limit_bytes, "timeout": timeout},
            headers=headers,
            json=sent.get("json"),
            content=sent.get("content"),
            data=sent.get("form"),
            files=sent.get("files"),
        )
    except (httpx2.InvalidURL, UnicodeError, ValueError, TypeError):
        raise InvalidInput(
            "The address, a header or the body of an outgoing call cannot be written as HTTP.",
            code="upstream.bad_address",
            hint="Look for a line break, a missing http://, or a value that is not text.",
        ) from None


@lru_cache(maxsize=256)
def _address(url: str) -> httpx2.URL:
    """An address, taken apart; workflows call few of them often."""
    return httpx2.URL(url)


async def _send_following(
    http: HttpClient, first: httpx2.Request, service: str, limits: Limits, redirects: int
) -> Response:
    """Send, and follow redirects one by one; the transport judges the address of each hop."""
    current = first
    for _ in range(redirects + 1):
        response = await http.send(current)
        if not redirects or not response.has_redirect_location:
            return await _read(response, limits.limit_bytes)
        following = http.raw.following(response)
        await response.aclose()
        if following is None or not is_http(following.url):
            raise UpstreamRejected(f"{service} redirected to something that is no http address.")
        if following.url.origin != current.url.origin:
            _keep_harmless(following, service)
        following.extensions = dict(current.extensions)
        current = following
    raise UpstreamRejected(f"{service} redirected more than {redirects} times.", code="upstream.too_many_redirects")


def _keep_harmless(following: httpx2.Request, service: str) -> None:
    """Leave credentials behind when a redirect crosses to another origin; a body may hold them too."""
    if following.method not in {"GET", "HEAD"} and following.headers.get("content-length", "0") != "0":
        raise UpstreamRejected(
            f"{service} redirected a request with a body to {shown(following.url)}. "
            "Call that address directly if it is the right one.",
            code="upstream.redirected_body",
        )
    for name in set(following.headers) - HARMLESS_HEADERS - {"host"}:
        del following.headers[name]


async def _read(response: Response, limit_bytes: int) -> Response:
    """Read the whole answer, unpacked, up to the limit."""
    body = bytearray()
    packed = "content-encoding" in response.headers
    parts: AsyncIterable[bytes] = response.aiter_bytes() if packed else response.stream  # type: ignore[assignment]  # async
    try:
        async for part in parts:
            body += part
            if len(body) > limit_bytes:
                raise too_large(limit_bytes)
    finally:
        await response.aclose()
    kept = [(name, value) for name, value in response.headers.multi_items() if name not in UNPACKED_HEADERS]
    return httpx2.Response(response.status_code, headers=kept, content=bytes(body), request=response.request)


def check_status(response: Response, service: str) -> Response:
    """Return a reply below 400, raise the error that a higher status stands for."""
    status = response.status_code
    if status < 400:
        return response
    if status == 429 or status >= 500:
        raise UpstreamUnavailable(
            f"{service} answered {status}.",
            retry_after_seconds=read_retry_after(response.headers),
            code="upstream.busy" if status == 429 else "upstream.failed",
        )
    raise UpstreamRejected(f"{service} answered {status}.", status=status)


def read_retry_after(headers: Mapping[str, str] | Sequence[tuple[str, str]]) -> float | None:
    """The wait that an answer asks for, in seconds (RFC 9110, section 10.2.3); `None` when it asks for none.

    A date is counted from the answer's own `Date`, so that no clock here has to be right.
    """
    named = httpx2.Headers(headers)
    text = named.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    until, since = _read_date(text), _read_date(named.get("date", ""))
    return max(0.0, (until - since).total_seconds()) if until and since else None


def _read_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
