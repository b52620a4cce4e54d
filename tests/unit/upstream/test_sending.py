"""Statuses, redirects, retries and messages, against a transport that answers in memory."""

import json
import logging

import httpx2
import pytest

from tapbot.errors import InvalidInput, LimitExceeded, UpstreamRejected, UpstreamUnavailable
from tapbot.upstream import HttpClient, OutgoingPolicy, call, read_retry_after, request, shown

SECRET = "123456:a-very-secret-token-in-the-path-000000"
URL = f"https://api.example.com/bot{SECRET}/send?key={SECRET}"


class Answers:
    """A scripted other side that remembers what it was asked."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.pauses: list[float] = []

    def __call__(self, asked: httpx2.Request) -> httpx2.Response:
        self.requests.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def client(self, policy: OutgoingPolicy | None = None) -> HttpClient:
        return HttpClient(httpx2.MockTransport(self), policy=policy, sleep=self.sleep)


async def send(answers: Answers, method: str = "GET", url: str = URL, **arguments: object) -> httpx2.Response:
    async with answers.client() as http:
        return await call(http, method, url, service="Shop", timeout_seconds=1, **arguments)  # type: ignore[arg-type]


async def test_a_good_reply_is_returned_with_its_body() -> None:
    answers = Answers(httpx2.Response(200, json={"ok": True}))
    reply = await send(answers, "POST", json={"город": "Тараз"}, params={"page": 2})
    assert reply.json() == {"ok": True}
    asked = answers.requests[0]
    assert json.loads(asked.content) == {"город": "Тараз"}
    assert dict(asked.url.params) == {"key": SECRET, "page": "2"}
    assert asked.headers["user-agent"].startswith("tapbot/")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_a_busy_or_broken_other_side_is_unavailable_and_says_when_to_come_back(status: int) -> None:
    with pytest.raises(UpstreamUnavailable, match=f"Shop answered {status}") as caught:
        await send(Answers(httpx2.Response(status, headers={"Retry-After": "7"})))
    assert caught.value.retry_after_seconds == 7


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_a_refusal_is_rejected_with_its_status(status: int) -> None:
    with pytest.raises(UpstreamRejected, match=f"Shop answered {status}") as caught:
        await send(Answers(httpx2.Response(status)))
    assert caught.value.status == status


async def test_the_low_level_request_returns_any_status() -> None:
    async with Answers(httpx2.Response(404, text="no")).client() as http:
        reply = await request(http, "GET", URL, service="Shop", timeout_seconds=1)
    assert (reply.status_code, reply.text) == (404, "no")


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ConnectError(f"cannot reach {URL}"),
        httpx2.ReadTimeout(f"silence at {URL}"),
        httpx2.RemoteProtocolError(f"cut off at {URL}"),
        httpx2.Response(500),
        httpx2.Response(403),
        httpx2.Response(302, headers={"Location": f"ftp://elsewhere.test/{SECRET}"}),
        httpx2.Response(302, headers={"Location": f"https://{SECRET}.example.com/"}),
    ],
)
async def test_no_message_and_no_log_line_holds_the_address(
    failure: httpx2.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises((UpstreamUnavailable, UpstreamRejected)) as caught:
        await send(Answers(failure))
    assert SECRET not in str(caught.value) + caplog.text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "example.com", "http://", "http://a b/"])
async def test_an_address_that_is_not_http_is_invalid_input(url: str) -> None:
    with pytest.raises(InvalidInput):
        await send(Answers(), url=url)


async def test_a_header_with_a_line_break_is_invalid_input() -> None:
    with pytest.raises((InvalidInput, UpstreamUnavailable)):
        await send(Answers(), headers={"X-Кілт": "a"})


async def test_an_answer_beyond_the_limit_is_cut_off_even_when_packed_small() -> None:
    with pytest.raises(LimitExceeded):
        await send(Answers(httpx2.Response(200, content=b"x" * 2_000)), limit_bytes=1_000)


async def test_a_redirect_to_another_origin_leaves_credentials_behind() -> None:
    answers = Answers(
        httpx2.Response(302, headers={"Location": "https://elsewhere.test/next"}), httpx2.Response(200, text="there")
    )
    headers = {"Authorization": "Bearer s", "X-Api-Key": "s", "Cookie": "a=b", "Accept": "text/plain"}
    reply = await send(answers, headers=headers)
    assert reply.text == "there"
    followed = answers.requests[1].headers
    assert followed["host"] == "elsewhere.test"
    assert followed["accept"] == "text/plain"
    assert not {"authorization", "x-api-key", "cookie"} & set(followed)


async def test_a_redirect_within_the_origin_keeps_headers_and_body() -> None:
    answers = Answers(httpx2.Response(307, headers={"Location": "/v2"}), httpx2.Response(200))
    await send(answers, "POST", headers={"X-Api-Key": "s"}, json={"a": 1})
    assert answers.requests[1].headers["x-api-key"] == "s"
    assert json.loads(answers.requests[1].content) == {"a": 1}


async def test_a_body_is_not_carried_to_another_origin() -> None:
    answers = Answers(httpx2.Response(308, headers={"Location": "https://elsewhere.test/"}))
    with pytest.raises(UpstreamRejected, match=r"https://elsewhere\.test"):
        await send(answers, "POST", json={"client_secret": "s"})


async def test_the_sixth_redirect_is_refused() -> None:
    answers = Answers(*[httpx2.Response(302, headers={"Location": f"/{n}"}) for n in range(6)])
    with pytest.raises(UpstreamRejected, match="more than 5 times"):
        await send(answers)
    assert len(answers.requests) == 6


async def test_a_redirect_is_returned_as_it_is_when_not_followed() -> None:
    reply = await send(Answers(httpx2.Response(302, headers={"Location": "/x"})), follow_redirects=False)
    assert reply.headers["location"] == "/x"


async def test_a_read_is_tried_again_after_the_wait_that_was_asked_for() -> None:
    answers = Answers(
        httpx2.Response(503, headers={"Retry-After": "3"}), httpx2.ConnectError("x"), httpx2.Response(200, text="ok")
    )
    reply = await send(answers, attempts=3)
    assert reply.text == "ok"
    assert answers.pauses == [3, 1.0]


async def test_a_wait_beyond_the_deadline_is_not_waited_out() -> None:
    answers = Answers(httpx2.Response(429, headers={"Retry-After": "30"}))
    with pytest.raises(UpstreamUnavailable) as caught:
        await send(answers, attempts=3, deadline_seconds=10)
    assert caught.value.retry_after_seconds == 30
    assert answers.pauses == []


async def test_a_write_is_never_repeated() -> None:
    with pytest.raises(ValueError, match="attempts must be 1"):
        await send(Answers(), "POST", attempts=2)


async def test_a_refusal_is_not_tried_again() -> None:
    answers = Answers(httpx2.Response(404))
    with pytest.raises(UpstreamRejected):
        await send(answers, attempts=3)
    assert len(answers.requests) == 1


async def test_a_cookie_is_not_kept_for_the_next_call() -> None:
    answers = Answers(httpx2.Response(200, headers={"Set-Cookie": "session=theirs"}), httpx2.Response(200))
    async with answers.client() as http:
        for _ in range(2):
            await call(http, "GET", URL, service="Shop", timeout_seconds=1)
    assert "cookie" not in answers.requests[1].headers


def test_a_retry_date_is_counted_from_the_date_of_the_answer() -> None:
    date, later = "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:30 GMT"
    assert read_retry_after({"Retry-After": later, "Date": date}) == 30
    assert read_retry_after({"Retry-After": date, "Date": later}) == 0
    assert read_retry_after({"Retry-After": later}) is None
    assert read_retry_after({"Retry-After": "soon"}) is None
    assert read_retry_after({}) is None


def test_only_scheme_host_and_port_of_an_address_are_shown() -> None:
    assert shown(f"https://user:{SECRET}@api.example.com:8443/{SECRET}?k={SECRET}") == "https://api.example.com:8443"
    assert shown("https://example.com:port/") == "an unreadable address"
