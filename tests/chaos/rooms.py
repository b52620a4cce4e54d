"""The real app in this process over a data folder, with its HTTP interface, for tests that look at every commit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import text
from starlette.types import ASGIApp

from tapbot.api.context import ApiContext
from tapbot.api.server import build_api
from tapbot.app import App, open_app
from tapbot.app.serving import public_paths
from tapbot.nodes import catalogue
from tapbot.project.load import load_project
from tapbot.project.served import Served

BOT = """---
title: {en: Helper}
channels: [webchat, telegram, whatsapp, sms, webhook]
tools: []
---
Be kind.
"""


def workflow(name: str, nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """A workflow whose nodes follow each other."""
    placed = [
        {"typeVersion": 1, "position": [200 * index, 0], "parameters": {}, "id": str(index), **node}
        for index, node in enumerate(nodes)
    ]
    connections = {
        first["name"]: {"main": [[{"node": second["name"], "type": "main", "index": 0}]]}
        for first, second in pairwise(placed)
    }
    return {
        "id": name,
        "name": name,
        "active": True,
        "nodes": placed,
        "connections": connections,
        "settings": {"executionOrder": "v1"},
    }


def make_project(folder: Path, workflows: list[dict[str, Any]], files: Mapping[str, str] | None = None) -> Path:
    """Write a project folder."""
    for path, content in {"tapbot.toml": '[project]\nname = "small"\n', **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    (folder / "workflows").mkdir(parents=True, exist_ok=True)
    for raw in workflows:
        (folder / "workflows" / f"{raw['id']}.json").write_text(json.dumps(raw))
    return folder


@dataclass
class Room:
    """An app and a client of its HTTP interface."""

    app: App
    served: Served
    http: httpx2.AsyncClient
    api: ASGIApp

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database, as they are committed."""
        return await self.app.database.read(lambda db: [tuple(row) for row in db.execute(text(query))])


@asynccontextmanager
async def open_room(
    folder: Path, data: Path, *, clock: Callable[[], datetime] | None = None, **overrides: dict[str, Any]
) -> AsyncIterator[Room]:
    """Open the app; its workers do not run until the test enters `app.working()`."""
    sections = {"upstream": {"allow_private_network": True}, **overrides}
    project = load_project(folder, sections)
    async with open_app(project.settings, data, clock=clock) as app:
        served = await app.add_project(project)
        assert not project.problems, project.problems
        context = ApiContext(
            settings=project.settings,
            database=app.database,
            hub=app.hub,
            releases=app.releases,
            home=served.scope,
            node_types=catalogue.all,
        )
        api = build_api(context, *public_paths(app))
        transport = httpx2.ASGITransport(app=api)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", timeout=30) as http:
            yield Room(app, served, http, api)
