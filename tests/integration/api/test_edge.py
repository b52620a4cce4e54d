"""Webhooks are answered in front of the web framework, and keep every promise of the stack behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx2
import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from tests.chaos.rooms import Room, make_project, open_room, workflow

from tapbot.api.edge import Guards, WebhookEdge
from tapbot.api.middleware import SAFE_HEADERS, ErrorBoundary, HostCheck, RequestLog
from tapbot.api.webhook import Call, WebhookApi
from tapbot.workflow.node import WebhookReply

pytestmark = pytest.mark.asyncio(loop_scope="module")


def hook(path: str, **parameters: Any) -> dict[str, Any]:
    given = {"path": path, "httpMethod": "POST", "responseMode": "lastNode", **parameters}
    return {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": given}


FIELDS = [
    {"id": "1", "name": name, "value": f"={{{{ $json.{name} }}}}", "type": "object"} for name in ("body", "query")
]
FIELDS += [{"id": "2", "name": "url", "value": "={{ $json.webhookUrl }}", "type": "string"}]
ECHO = {
    "name": "Echo", "type": "n8n-nodes-base.set", "typeVersion": 3.4,
    "parameters": {"assignments": {"assignments": FIELDS}, "options": {}},
}  # fmt: skip
STATUS = {"responseCode": {"values": {"responseCode": 204}}, "noResponseBody": True}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    home = tmp_path_factory.mktemp("edge")
    flows = [
        workflow("echo", [hook("echo"), ECHO]),
        workflow("all", [hook("all", multipleMethods=True, httpMethod=["GET", "HEAD", "POST"])]),
        workflow("parts", [hook("orders/:order/lines")]),
        workflow("own", [hook("own", options={"allowedOrigins": "https://shop.example"})]),
        workflow("empty", [hook("empty", options=STATUS)]),
    ]
    async with open_room(
        make_project(home / "project", flows, {}), home / "data", server={"body_limit_bytes": 1000}
    ) as made:
        yield made


async def test_a_webhook_gets_its_body_query_and_address(room: Room) -> None:
    answer = await room.http.post("/webhook/echo?a=1&a=2&b=%D3%99", json={"n": 1})
    assert answer.json() == {
        "body": {"n": 1}, "query": {"a": ["1", "2"], "b": "ә"}, "url": "http://localhost/webhook/echo",
    }  # fmt: skip
    scope = room.served.scope
    long = await room.http.post(f"/p/{scope.project_id}/{scope.environment}/webhook/echo", json={})
    assert long.json()["url"] == f"http://localhost/p/{scope.project_id}/{scope.environment}/webhook/echo"


async def test_every_answer_has_an_id_and_the_headers_that_keep_a_browser_safe(room: Room) -> None:
    for answer in (
        await room.http.post("/webhook/echo", json={}),
        await room.http.post("/webhook/echo", content=b"{", headers={"content-type": "application/json"}),
        await room.http.get("/webhook/nothing"),
        await room.http.request("TRACE", "/webhook/echo"),
    ):
        assert all(name in answer.headers for name in SAFE_HEADERS)
        assert answer.headers["x-request-id"]
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("GET", "/webhook/nothing", {}, 404, "webhook.not_found"),
        ("GET", "/webhook/echo", {}, 404, "webhook.not_found"),
        ("POST", "/p/other/prod/webhook/echo", {}, 404, "project.not_served"),
        ("TRACE", "/webhook/echo", {}, 405, "api.method_not_allowed"),
        ("POST", "/webhook/echo", {"content": b"x" * 1001}, 413, "api.body_too_large"),
        ("POST", "/webhook/echo", {"headers": {"content-length": "99999"}, "content": b""}, 413, "api.body_too_large"),
        ("POST", "/webhook/echo", {"headers": {"host": "evil.example"}}, 421, "api.unknown_host"),
        ("POST", "/webhook/echo", {"headers": {"idempotency-key": "k" * 300}}, 400, "webhook.bad_key"),
    ],
)
async def test_what_is_refused_is_told_as_a_problem(
    room: Room, method: str, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = await room.http.request(method, path, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_in_parts_is_refused_as_soon_as_it_is_over_the_limit(room: Room) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    assert (await room.http.post("/webhook/echo", content=parts())).status_code == 413


async def test_head_is_answered_where_it_is_listened_to(room: Room) -> None:
    answer = await room.http.head("/webhook/all")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0


async def test_an_answer_without_a_body_has_no_length(room: Room) -> None:
    answer = await room.http.post("/webhook/empty")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


async def test_parts_of_the_path_are_taken(room: Room) -> None:
    assert (await room.http.post("/webhook/orders/7/lines/")).json()["params"] == {"order": "7"}


async def test_a_page_of_another_origin_hears_whether_it_may_call(room: Room) -> None:
    asked = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    allowed = await room.http.options("/webhook/own", headers=asked)
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    assert allowed.headers["access-control-allow-methods"] == "POST"
    refused = await room.http.options("/webhook/own", headers=asked | {"origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    called = await room.http.post("/webhook/own", headers={"origin": "https://shop.example"})
    assert called.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in (await room.http.post("/webhook/own")).headers


class Broken:
    """Webhooks with a bug in them."""

    async def answer(self, _call: Call) -> WebhookReply:
        """Fail."""
        raise RuntimeError("secret detail")


async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """The rest of a server."""


async def test_a_bug_of_ours_is_answered_with_an_id_that_the_log_has() -> None:
    ids = {"new_id": lambda: "id7"}
    guards = Guards(RequestLog(nothing, **ids), ErrorBoundary(nothing, **ids), HostCheck(nothing, names=[]), 1000)
    edge = WebhookEdge(nothing, cast(WebhookApi, Broken()), guards)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=edge), base_url="http://localhost") as http:
        with capture_logs() as logs:
            answer = await http.post("/webhook/echo")
    assert answer.status_code == 500
    assert answer.json()["id"] == answer.headers["x-request-id"] == logs[0]["error_id"] == "id7"
    assert "secret detail" not in answer.text


async def test_another_path_is_passed_on(room: Room) -> None:
    assert (await room.http.get("/health")).status_code == 200
