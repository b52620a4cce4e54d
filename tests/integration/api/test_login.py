"""Logging in and out, and what a login protects against."""

import asyncio
import re
import time

import httpx
from sqlalchemy import Connection

from tapbot.access.audit import verify
from tapbot.api.auth import COOKIE

from .conftest import PASSWORD, House


async def try_password(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/api/v1/login", json={"email": email, "password": password})


async def test_a_password_logs_in_and_logging_out_ends_it(house: House) -> None:
    async with house.client() as client:
        reply = await try_password(client, " Admin@Example.com", PASSWORD)
        assert reply.status_code == 200
        assert reply.json()["principal"] == {
            "id": "p-admin",
            "email": "admin@example.com",
            "name": "Admin",
            "role": "admin",
        }
        cookie = reply.headers["set-cookie"]
        assert re.search("HttpOnly", cookie)
        assert re.search("SameSite=strict", cookie, re.IGNORECASE)
        assert "Secure" not in cookie
        me = await client.get("/api/v1/me")
        assert me.json() == reply.json()
        out = await client.post("/api/v1/logout", headers={"X-CSRF-Token": me.json()["csrf_token"]})
        assert out.status_code == 204
        client.cookies.set(COOKIE, cookie.split(";")[0].split("=")[1])
        assert (await client.get("/api/v1/me")).status_code == 401


async def test_wrong_logins_look_alike_and_take_the_same_time(house: House) -> None:
    async with house.client() as client:
        await try_password(client, "nobody@example.com", "warm up")

        async def fastest(email: str) -> tuple[float, httpx.Response]:
            times = []
            for _ in range(4):
                started = time.perf_counter()
                reply = await try_password(client, email, "a wrong password")
                times.append(time.perf_counter() - started)
            return min(times), reply

        known_seconds, known = await fastest("admin@example.com")
        unknown_seconds, unknown = await fastest("nobody@example.com")
    assert known.status_code == unknown.status_code == 401
    assert known.json() == unknown.json()
    assert known.json()["code"] == "access.wrong_login"
    assert COOKIE not in known.headers.get("set-cookie", "")
    assert 0.5 < known_seconds / unknown_seconds < 2


async def test_a_link_logs_in_once(house: House) -> None:
    token = await house.link()
    async with house.client() as client:
        first = await client.post("/api/v1/login/link", json={"token": token})
        assert first.status_code == 200
        assert (await client.get("/api/v1/me")).json()["principal"]["email"] == "admin@example.com"
    async with house.client() as client:
        second = await client.post("/api/v1/login/link", json={"token": token})
        assert (second.status_code, second.json()["code"]) == (401, "access.wrong_link")


async def test_an_old_link_logs_nobody_in(house: House) -> None:
    token = await house.link()
    house.clocks.advance(minutes=15)
    async with house.client() as client:
        assert (await client.post("/api/v1/login/link", json={"token": token})).status_code == 401


async def test_a_session_ends_by_itself(house: House) -> None:
    async with house.logged_in() as client:
        house.clocks.advance(hours=11, minutes=59)
        assert (await client.get("/api/v1/me")).status_code == 200
        house.clocks.advance(minutes=1)
        assert (await client.get("/api/v1/me")).json()["code"] == "access.no_login"


async def test_a_session_that_a_stranger_planted_is_never_used(house: House) -> None:
    async with house.logged_in("operator") as stranger:
        planted = stranger.cookies[COOKIE]
        async with house.client(cookies={COOKIE: planted}) as victim:
            reply = await try_password(victim, "admin@example.com", PASSWORD)
            assert reply.status_code == 200
            assert planted not in reply.headers["set-cookie"]
        assert (await stranger.get("/api/v1/me")).status_code == 401
    async with house.client(cookies={COOKIE: "chosen-by-a-stranger"}) as victim:
        reply = await try_password(victim, "admin@example.com", PASSWORD)
        assert "chosen-by-a-stranger" not in reply.headers["set-cookie"]


async def test_a_write_needs_the_sessions_own_token(house: House) -> None:
    async with house.logged_in() as client, house.logged_in() as other:
        for wrong in ("", "x" * 64, other.headers["X-CSRF-Token"], "ключ".encode()):
            reply = await client.post("/api/v1/logout", headers={"X-CSRF-Token": wrong})
            assert (reply.status_code, reply.json()["code"]) == (403, "access.csrf")
        assert (await client.get("/api/v1/me")).status_code == 200


async def test_a_write_from_another_site_is_refused(house: House) -> None:
    async with house.logged_in() as client:
        for headers in (
            {"Origin": "https://evil.example.com"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            reply = await client.post("/api/v1/logout", headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (403, "access.foreign_origin")
            login = {"email": "admin@example.com", "password": PASSWORD}
            assert (await client.post("/api/v1/login", json=login, headers=headers)).status_code == 403
        assert (await client.post("/api/v1/logout", headers={"Origin": house.url})).status_code == 204


async def test_too_many_tries_wait(house: House) -> None:
    async with house.client() as client:
        replies = [await client.post("/api/v1/login/link", json={"token": "x"}) for _ in range(21)]
        assert [reply.status_code for reply in replies] == [401] * 20 + [429]
        assert int(replies[-1].headers["retry-after"]) == 3
        assert replies[-1].json()["code"] == "access.rate_limited"
        assert (await try_password(client, "admin@example.com", PASSWORD)).status_code == 429
        house.clocks.advance(seconds=3)
        assert (await try_password(client, "admin@example.com", PASSWORD)).status_code == 200


async def test_tries_of_a_stranger_do_not_keep_the_administrator_out(house: House) -> None:
    stranger = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with house.client(transport=stranger) as client:
        tries = [try_password(client, "admin@example.com", "a wrong password") for _ in range(21)]
        assert 429 in {reply.status_code for reply in await asyncio.gather(*tries)}
    async with house.client() as client:
        assert (await try_password(client, "admin@example.com", PASSWORD)).status_code == 200


async def test_a_session_has_its_own_limit(house: House) -> None:
    async with house.logged_in() as client, house.logged_in() as other:
        codes = [(await client.get("/api/v1/me")).status_code for _ in range(61)]
        assert codes == [200] * 60 + [429]
        assert (await other.get("/api/v1/me")).status_code == 200


async def test_logins_are_in_the_audit_log(house: House) -> None:
    async with house.logged_in() as client:
        await try_password(client, "admin@example.com", "a wrong password")

    def check(db: Connection) -> int:
        verdict = verify(db, house.served.scope)
        assert verdict.broken_entry_id is None
        return verdict.entries

    assert await house.database.read(check) == 2  # the link's use, and the failure


async def test_what_is_no_login_is_refused_with_the_place(house: House) -> None:
    async with house.client() as client:
        for content in (b"", b"{", b"[]", b'{"email": 5}', b'{"email": "a", "password": "\xff"}'):
            reply = await client.post("/api/v1/login", content=content, headers={"Content-Type": "application/json"})
            assert reply.status_code == 400, (content, reply.text)
            assert reply.headers["content-type"] == "application/problem+json"
        form = await client.post("/api/v1/login", data={"email": "a", "password": "b"})
        assert form.status_code == 400
