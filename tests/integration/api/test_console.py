"""The console's files, and nothing else of the disk."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tapbot.api.console import ROOMS
from tapbot.api.server import build_api

from .conftest import House, running


async def test_the_first_page_is_served_for_every_room(house: House) -> None:
    async with house.client() as client:
        for path in ("/", "/login?token=x", "/runs/5", "/records/rides"):
            reply = await client.get(path)
            assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert reply.headers["cache-control"] == "no-cache"
            assert "console" in reply.text


async def test_a_path_that_no_room_has_is_not_found_and_the_console_says_so(house: House) -> None:
    async with house.client() as client:
        reply = await client.get("/nothing/here")
        again = await client.get("/nothing/here", headers={"If-None-Match": reply.headers["etag"]})
    assert (reply.status_code, again.status_code) == (404, 404)
    assert "console" in reply.text


def test_the_rooms_served_are_those_of_the_console() -> None:
    declared = re.findall(r'path: "/([a-z]*)', Path("console/src/app/router.tsx").read_text())
    assert set(declared) == ROOMS


async def test_hashed_files_are_kept_for_ever(house: House) -> None:
    async with house.client() as client:
        reply = await client.get("/assets/index-a1b2c3.js")
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
        again = await client.get("/assets/index-a1b2c3.js", headers={"If-None-Match": reply.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.get("/assets/index-gone.js")).status_code == 404
        assert (await client.head("/assets/index-a1b2c3.js")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "//etc/passwd.txt",
        "/%00secret.txt",
        "/link.txt",
        "/assets/..%252f..%252fsecret.txt",
    ],
)
async def test_no_path_leaves_the_bundle(house: House, path: str) -> None:
    host, port = house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 404 " in answer.splitlines()[0]
    assert b"secret\n" not in answer
    assert not answer.endswith(b"secret")


async def test_a_missing_bundle_is_explained(house: House, tmp_path: Path) -> None:
    api = build_api(replace(house.context, bundle=tmp_path / "nothing"), [])
    async with running(api) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        reply = await client.get("/")
    assert reply.status_code == 503
    assert "make up" in reply.text
