"""Errors to HTTP answers, as RFC 9457 says. The only place that knows HTTP statuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tapbot.errors import (
    Conflict,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotFound,
    TapbotError,
    TooLarge,
    TooMany,
    UpstreamRejected,
    UpstreamUnavailable,
)
from tapbot.events.hub import HubClosed
from tapbot.storage.database import DatabaseUnavailable

MEDIA_TYPE = "application/problem+json"

STATUSES: Mapping[type[TapbotError], HTTPStatus] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    NotAllowed: HTTPStatus.FORBIDDEN,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    UpstreamUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamRejected: HTTPStatus.BAD_GATEWAY,
    LimitExceeded: HTTPStatus.UNPROCESSABLE_ENTITY,
    DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    HubClosed: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Status by the nearest class of the tree."""

WITHOUT_LOGIN = {"access.no_login", "access.wrong_login", "access.wrong_link"}
"""Refusals that a login would mend: 401, not 403."""

MISDIRECTED = "api.unknown_host"

HTTP_CODES: Mapping[int, str] = {
    404: "api.no_such_path",
    405: "api.method_not_allowed",
    400: "api.bad_request",
    415: "api.unsupported_media_type",
}
"""Codes of what the web framework refuses by itself."""


class Problem(BaseModel):
    """What went wrong, as RFC 9457 writes it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    place: str | None = None
    hint: str | None = None
    id: str | None = None
    """Of an internal error: find it in the server's log by this."""


def status_of(error: TapbotError) -> int:
    """The HTTP status of an error: that of its own class, or of the nearest one above."""
    if error.code in WITHOUT_LOGIN:
        return HTTPStatus.UNAUTHORIZED
    if error.code == MISDIRECTED:
        return HTTPStatus.MISDIRECTED_REQUEST
    for family in type(error).__mro__:
        if family in STATUSES:
            return STATUSES[family]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def answer_error(error: TapbotError) -> Response:
    """A refusal or failure that was raised on purpose."""
    status = status_of(error)
    headers = {}
    retry_after = getattr(error, "retry_after_seconds", None)
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    return _answer(status, error.message, error.code, headers, place=error.place, hint=error.hint)


def answer_internal(error_id: str) -> Response:
    """Our bug: the person gets an id, the log has the rest under it."""
    detail = "Something went wrong inside tapbot."
    hint = "Try again; if it stays, give the id to whoever runs this server: its log tells more."
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, detail, "internal", {}, hint=hint, id=error_id)


def answer_unavailable(error_id: str) -> Response:
    """The database did not take or give something: nothing was kept, and another try may work."""
    detail = "The database did not answer; nothing was kept."
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, detail, "storage.unavailable", {"Retry-After": "1"}, id=error_id)


async def answer_http_exception(_request: Request, error: Exception) -> Response:
    """What the framework refused: an unknown path or method, a broken body."""
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(error.__cause__, TapbotError):  # for example a body over its limit, met while parsing it
        return answer_error(error.__cause__)
    return answer_refusal(error)


def answer_refusal(error: HTTPException) -> Response:
    """A refusal in HTTP's own terms."""
    status = HTTPStatus(error.status_code)
    code = HTTP_CODES.get(status, f"api.http_{status.value}")
    return _answer(status, f"{status.description or status.phrase}.", code, dict(error.headers or {}))


async def answer_tapbot_error(_request: Request, error: Exception) -> Response:
    """A handler for the framework's table of handlers."""
    if not isinstance(error, TapbotError):
        raise error
    return answer_error(error)


async def answer_invalid_request(_request: Request, error: Exception) -> Response:
    """A request that does not fit the declared parameters or body (FastAPI's `RequestValidationError`)."""
    found: list[dict[str, Any]] = list(getattr(error, "errors", list)())
    first = found[0] if found else {"loc": ("request",), "msg": str(error)}
    where = ".".join(str(part) for part in first["loc"])
    return answer_error(InvalidInput(f"{first['msg']}.", code="api.invalid_request", place=where))


def _answer(status: int, detail: str, code: str, headers: Mapping[str, str], **more: str | None) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status)}
    body |= {"detail": detail, "code": code} | {name: value for name, value in more.items() if value}
    return Response(msgspec.json.encode(body), int(status), {"Cache-Control": "no-store", **headers}, MEDIA_TYPE)
