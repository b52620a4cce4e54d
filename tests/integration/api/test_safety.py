"""What every answer and request keeps to."""

import asyncio
import re
from dataclasses import replace

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from tapbot.api.management import RESOURCES, build_management
from tapbot.api.server import API_PATH, build_api
from tapbot.app.building import open_app
from tapbot.app.serving import public_paths
from tapbot.settings import Settings

from .conftest import House, running

OPEN = {("POST", "/login"), ("POST", "/login/link")}
"""The only management paths that work without a login."""


def management_routes() -> set[tuple[str, str]]:
    routes = [route for router in RESOURCES for route in router.routes if isinstance(route, APIRoute)]
    return {(method, route.path) for route in routes for method in route.methods or ()}


def test_every_management_route_is_walked() -> None:
    paths = build_management(None).openapi()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == management_routes() > OPEN
    assert sum(len(router.routes) for router in RESOURCES) == len(described)
    assert len(build_management(None).routes) == len(RESOURCES)


async def test_whatever_else_the_real_server_answers_looks_after_itself() -> None:
    async with open_app(Settings(), None) as app:
        paths = [path for route in public_paths(app)[0] for path in paths_of(route)]
    assert len(paths) >= 8
    place = r"(/p/\{project\}/\{environment\})?"
    addressed = r"/(webhook|form)-waiting/\{address\}(/|$)"  # the address holds the run's token
    decided = r"/decide/\{address\}$"  # the address holds a key of the asked chat's own
    for path in paths:
        rooms = rf"{place}/(chat|channel|telegram|whatsapp|whatsapp-trigger|form)/"
        assert re.match(rf"{rooms}|{addressed}|{place}{decided}", path), path


def paths_of(route: BaseRoute, prefix: str = "") -> list[str]:
    if isinstance(route, Mount):
        return [path for inner in route.routes for path in paths_of(inner, prefix + route.path)]
    assert isinstance(route, Route)
    return [prefix + route.path]


async def test_no_management_path_answers_without_a_login(house: House) -> None:
    async with house.client(headers={"X-CSRF-Token": "x"}) as client:
        for method, path in sorted(management_routes()):
            if (method, path) in OPEN:
                continue
            address = API_PATH + path.replace("{", "").replace("}", "")
            for cookies in ({}, {"tapbot_session": "guessed"}, {"tapbot_session": "x" * 5000}):
                client.cookies = httpx.Cookies(cookies)
                reply = await client.request(method, address)
                assert reply.status_code == 401, (method, path)
                assert reply.json()["code"] == "access.no_login"


async def test_health_needs_no_login_and_no_known_host(house: House) -> None:
    async with house.client(headers={"Host": "tapbot.internal.example"}) as client:
        reply = await client.get("/health")
        assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/", "/login", "/api/v1/me", "/health", "/webhook/echo", "/nowhere/x.js"])
async def test_every_answer_carries_the_headers_that_keep_a_browser_safe(house: House, path: str) -> None:
    async with house.client() as client:
        headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    for rule in ("default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-request-id"]


async def test_only_the_chat_page_may_be_framed(house: House) -> None:
    async with house.client() as client:
        assert (await client.get("/chat/taxi")).headers["content-security-policy"] == "frame-ancestors *"


async def test_answers_of_the_api_are_not_kept_by_browsers(house: House) -> None:
    async with house.logged_in() as client:
        assert (await client.get("/api/v1/projects")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:8080", "", "127.0.0.1.evil.example.com", "["])
async def test_a_name_that_is_not_ours_is_refused(house: House, host: str) -> None:
    async with house.client(headers={"Host": host}) as client:
        for path in ("/", "/api/v1/me", "/chat/taxi"):
            assert (await client.get(path)).status_code in {400, 421}


@pytest.mark.parametrize("host", ["localhost", "taxi.localhost:99", "127.0.0.1:1", "[::1]:8080", "192.168.1.5"])
async def test_addresses_and_localhost_are_ours(house: House, host: str) -> None:
    async with house.client(headers={"Host": host}) as client:
        assert (await client.get("/chat/taxi")).status_code == 200


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/webhook/echo", 100_000),
        ("/chat/taxi/messages", 64_000),
        ("/p/taxi/dev/chat/taxi/messages", 64_000),
    ],
)
async def test_a_body_over_its_limit_is_refused(house: House, path: str, limit: int) -> None:
    async def drip(size: int) -> object:
        for start in range(0, size, 10_000):
            yield b"x" * min(10_000, size - start)

    async with house.client() as client:
        assert (await client.post(path, content=b"x" * limit)).json() == {"bytes": limit}
        for content in (b"x" * (limit + 1), drip(limit + 1)):
            reply = await client.post(path, content=content)
            assert (reply.status_code, reply.json()["code"]) == (413, "api.body_too_large")


async def test_a_login_with_a_huge_body_is_refused(house: House) -> None:
    async def drip() -> object:
        for _ in range(20):
            yield b" " * 1000

    async with house.client() as client:
        for content in (b"x" * 16_001, drip()):
            reply = await client.post("/api/v1/login", content=content, headers={"Content-Type": "application/json"})
            assert reply.status_code == 413


async def test_a_message_of_20_megabytes_ends_quickly_and_the_server_lives(house: House) -> None:
    async with house.client() as client:
        reply = await client.post("/chat/taxi/messages", content=b"x" * 20_000_000)
        assert reply.status_code == 413
        assert (await client.get("/health")).status_code == 200


async def test_our_bug_gives_an_id_and_no_detail(house: House) -> None:
    async with house.client() as client:
        reply = await client.get("/webhook/crash")
    assert reply.status_code == 500
    problem = reply.json()
    assert (problem["code"], problem["id"]) == ("internal", reply.headers["x-request-id"])
    assert "secret" not in reply.text


async def test_a_database_that_fails_is_told_as_unavailable(house: House) -> None:
    async with house.logged_in() as client:
        await house.database.close()
        reply = await client.post("/api/v1/login/link", json={"token": "x"})
        assert (reply.status_code, reply.json()["code"]) == (503, "storage.closed")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v2/me", 404),
        ("GET", "/api", 404),
        ("DELETE", "/api/v1/login", 405),
        ("POST", "/", 405),
        ("GET", "/p/taxi/dev/nothing", 404),
        ("GET", "/webhook/nothing", 404),
        ("DELETE", "/webhook/echo", 405),
    ],
)
async def test_unknown_paths_and_methods_are_problems(house: House, method: str, path: str, status: int) -> None:
    async with house.client() as client:
        reply = await client.request(method, path)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert set(reply.json()) >= {"type", "title", "status", "detail", "code"}


async def test_a_server_that_starts_says_so(house: House) -> None:
    api = build_api(replace(house.context, ready=lambda: False), [])
    async with running(api) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        assert (await client.get("/health")).status_code == 503


async def test_many_first_requests_at_once_make_one_management_api(house: House) -> None:
    async with house.client() as client:
        replies = await asyncio.gather(*(client.get("/api/v1/me") for _ in range(8)))
    assert {reply.status_code for reply in replies} == {401}
