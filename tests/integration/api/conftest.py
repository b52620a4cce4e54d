"""A real server with the management API, over a real database file and a small project."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tapbot.access.login_links import make_link
from tapbot.access.passwords import hash_password
from tapbot.access.rate_limit import in_process_limits
from tapbot.access.secrets import new_secret
from tapbot.access.store import add_person
from tapbot.access.types import Principal, Role
from tapbot.api.context import ApiContext
from tapbot.api.server import build_api
from tapbot.data.schema import apply_collections
from tapbot.events.hub import Hub
from tapbot.nodes import catalogue
from tapbot.project.load import load_project
from tapbot.project.served import ReleaseBook, Served, serve
from tapbot.project.store import save_release
from tapbot.settings import load_settings
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.faults import Faults
from tapbot.storage.schema import bring_up_to_date

PASSWORD = "correct horse battery"
WORKFLOW = """{"id": "hello", "name": "Hello", "active": true, "connections": {}, "settings": {}, "nodes": [
  {"id": "1", "name": "Webhook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0],
   "parameters": {"path": "hello"}}]}"""
RIDES = """\
name: rides
title: {ru: Поездки, en: Rides}
fields:
  - {name: from_city, type: string, required: true, title: {ru: Откуда, en: From}}
  - {name: seats, type: integer}
  - {name: state, type: choice, choices: [{value: new, title: {ru: Новая, en: New}}, {value: done}]}
seed: seed/rides.csv
unique: [[from_city]]
"""
HASH = hash_password(PASSWORD)


@dataclass
class Clocks:
    """Time that tests turn."""

    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)
    seconds: float = 1000.0

    def advance(self, **by: float) -> None:
        delta = timedelta(**by)
        self.now += delta
        self.seconds += delta.total_seconds()


@dataclass
class House:
    """The running server and what a test may touch of it."""

    url: str
    database: SqliteDatabase
    hub: Hub
    served: Served
    clocks: Clocks
    context: ApiContext
    people: dict[str, Principal] = field(default_factory=dict)

    def client(self, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=20, **options)

    @contextlib.asynccontextmanager
    async def logged_in(self, who: str = "admin") -> AsyncIterator[httpx.AsyncClient]:
        """A browser after the login of a person, which sends the token against forged requests."""
        async with self.client() as client:
            # By link: a password costs a core for a third of a second.
            reply = await client.post("/api/v1/login/link", json={"token": await self.link(who)})
            assert reply.status_code == 200, reply.text
            client.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
            yield client

    async def link(self, who: str = "admin") -> str:
        token = new_secret()
        await self.database.write("test", lambda db: make_link(db, self.people[who], token, now=self.clocks.now))
        return token


class QuietServer(uvicorn.Server):
    """A server that leaves the test runner's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def running(app: Any) -> AsyncIterator[str]:
    """Serve an app on a free port and give its address."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = QuietServer(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True


async def echo(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def chat_page(request: Request) -> Response:
    return PlainTextResponse("chat", headers={"Content-Security-Policy": "frame-ancestors *"})


async def crash(request: Request) -> Response:
    raise RuntimeError("a bug with a secret")


PUBLIC: list[BaseRoute] = [
    Route("/webhook/echo", echo, methods=["POST"]),
    Route("/webhook/crash", crash),
    Route("/chat/taxi", chat_page),
    Route("/chat/taxi/messages", echo, methods=["POST"]),
    Route("/p/taxi/dev/chat/taxi/messages", echo, methods=["POST"]),
]


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "taxi"
    (folder / "workflows").mkdir(parents=True)
    (folder / "collections").mkdir()
    (folder / "seed").mkdir()
    (folder / "workflows" / "hello.json").write_text(WORKFLOW, "utf-8")
    (folder / "workflows" / "broken.json").write_text("{", "utf-8")
    (folder / "collections" / "rides.yaml").write_text(RIDES, "utf-8")
    (folder / "seed" / "rides.csv").write_text("from_city,seats\nалматы,1\nтараз,2\n", "utf-8")
    (folder / "tapbot.toml").write_text(
        '[project]\nname = "taxi"\ntitle = "Taxi"\n[access]\nlogin_per_minute = 20\napi_per_minute = 60\n'
        "[server]\nbody_limit_bytes = 100000\n",
        "utf-8",
    )
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>console</title>", "utf-8")
    (folder / "assets" / "index-a1b2c3.js").write_text("export {};", "utf-8")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def house(tmp_path: Path, project_folder: Path, bundle: Path) -> AsyncIterator[House]:
    clocks, hub = Clocks(), Hub()
    settings = load_settings(project_folder)
    # TAPBOT_FAULTS__DROP makes one kind of write vanish: a test here must then fail.
    faults = Faults(**settings.faults.model_dump())
    database = SqliteDatabase(tmp_path / "tapbot.db", faults=faults, told=hub.publish)
    await database.write("test", bring_up_to_date)
    project = load_project(project_folder)
    served = serve(project, catalogue)
    releases = ReleaseBook(database, catalogue)
    releases.put(served)
    people: dict[str, Principal] = {}

    def fill(db: Connection) -> None:
        save_release(db, served.scope, project.snapshot, now=clocks.now)
        files = {path: content.decode() for path, content in project.snapshot.files.items()}
        apply_collections(db, served.scope, list(project.collections.values()), files=files, now=clocks.now)
        for role in Role:
            people[role.value] = add_person(
                db,
                served.scope,
                principal_id=f"p-{role.value}",
                email=f"{role.value}@example.com",
                name=role.value.title(),
                role=role,
                password_hash=HASH,
                now=clocks.now,
            )

    await database.write("test", fill)
    context = ApiContext(
        settings=settings,
        database=database,
        hub=hub,
        releases=releases,
        home=served.scope,
        node_types=catalogue.all,
        clock=lambda: clocks.now,
        limits=in_process_limits(lambda: clocks.seconds),
        bundle=bundle,
    )
    async with running(build_api(context, PUBLIC)) as url:
        yield House(url, database, hub, served, clocks, context, people)
        hub.close()
    await database.close()
