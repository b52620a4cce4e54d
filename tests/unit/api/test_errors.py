"""Errors become problems with the right status."""

import json

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

import tapbot.errors
from tapbot.api.errors import STATUSES, answer_error, answer_http_exception, status_of
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


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("x"), 400),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (NotAllowed("x"), 403),
        (NotAllowed("x", code="access.no_login"), 401),
        (NotAllowed("x", code="api.unknown_host"), 421),
        (TooLarge("x"), 413),
        (TooMany("x", retry_after_seconds=1), 429),
        (UpstreamUnavailable("x"), 503),
        (UpstreamRejected("x"), 502),
        (LimitExceeded("x"), 422),
        (TapbotError("x"), 500),
    ],
)
def test_each_family_has_its_status(error: TapbotError, status: int) -> None:
    assert status_of(error) == status


def test_no_family_was_forgotten() -> None:
    families = {
        found
        for found in vars(tapbot.errors).values()
        if isinstance(found, type) and issubclass(found, TapbotError) and not found.__subclasses__()
    }
    assert families <= set(STATUSES)


def test_a_problem_says_what_where_and_what_next() -> None:
    answer = answer_error(TooMany("slowly.", retry_after_seconds=1.2, code="a.b"))
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(bytes(answer.body))
    assert body == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "slowly.",
        "code": "a.b",
    }
    placed = answer_error(InvalidInput("no.", place="rides.seats", hint="Try 1."))
    assert json.loads(bytes(placed.body))["place"] == "rides.seats"
    assert json.loads(bytes(placed.body))["hint"] == "Try 1."


async def test_an_error_behind_the_frameworks_own_is_the_one_that_counts() -> None:
    outer = HTTPException(400)
    outer.__cause__ = TooLarge("x")
    assert (await answer_http_exception(Request({"type": "http"}), outer)).status_code == 413
