"""A server that keeps the web chat's HTTP contract, remembers everything, and fails on demand."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tapbot.channels.webchat.assets import Asset, read_asset, render_page
from tapbot.channels.webchat.tokens import new_chat_token

CHOICES = [{"label": "Иә, брондау", "value": "yes"}, {"label": "Жоқ", "value": "no"}]


@dataclass
class Chat:
    """One chat: its messages and the pages that listen."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    accepted: dict[str, int] = field(default_factory=dict)
    listeners: list[asyncio.Queue[dict[str, Any] | None]] = field(default_factory=list)

    def say(self, author: str, text: str, buttons: list[dict[str, str]] | None = None) -> None:
        now = datetime.now(UTC).isoformat()
        message = {
            "id": f"m{len(self.messages)}",
            "author": author,
            "text": text,
            "buttons": buttons or [],
            "created_at": now,
        }
        self.messages.append(message)
        for listener in self.listeners:
            listener.put_nowait(message)


@dataclass
class ChatServer:
    """All chats by token. `faults` are taken one per posted message: a status, or `"lost"` for an answer that is."""

    chats: dict[str, Chat] = field(default_factory=dict)
    faults: list[int | str] = field(default_factory=list)
    answers: bool = True
    streams: list[asyncio.Queue[dict[str, Any] | None]] = field(default_factory=list)
    url: str = ""

    @property
    def only_chat(self) -> Chat:
        [chat] = self.chats.values()
        return chat

    def cut_streams(self) -> None:
        for listener in self.streams:
            listener.put_nowait(None)

    def app(self) -> Starlette:
        prefix = "/p/demo/prod/chat"
        return Starlette(
            routes=[
                Route(f"{prefix}/{{name}}", self._file),
                Route(f"{prefix}/{{bot}}/token", self._token, methods=["POST"]),
                Route(f"{prefix}/{{bot}}/messages", self._history),
                Route(f"{prefix}/{{bot}}/messages", self._accept, methods=["POST"]),
                Route(f"{prefix}/{{bot}}/events", self._events),
                Route("/shop", self._shop),
            ]
        )

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        return _respond(read_asset(name) if "." in name else render_page("Жол такси"))

    async def _shop(self, _request: Request) -> Response:
        script = '<script async src="/p/demo/prod/chat/widget.js" data-bot="taxi"></script>'
        page = f"<!doctype html><title>Shop</title><h1>Shop</h1>{script}"
        policy = "default-src 'none'; script-src 'self'; frame-src 'self'"
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy})

    async def _token(self, _request: Request) -> Response:
        token = new_chat_token(secrets.token_bytes)
        self.chats[token] = Chat()
        return JSONResponse({"token": token})

    def _chat_of(self, request: Request) -> Chat | None:
        return self.chats.get(request.headers.get("x-chat-token", ""))

    async def _history(self, request: Request) -> Response:
        chat = self._chat_of(request)
        return JSONResponse({"messages": chat.messages}) if chat else Response(status_code=401)

    async def _accept(self, request: Request) -> Response:
        chat = self._chat_of(request)
        if chat is None:
            return Response(status_code=401)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return Response(status_code=fault, headers={"Retry-After": "1"} if fault == 429 else None)
        posted = await request.json()
        chat.accepted[posted["id"]] = chat.accepted.get(posted["id"], 0) + 1
        if chat.accepted[posted["id"]] == 1:
            chat.say("contact", posted.get("text") or posted["value"])
            if self.answers:
                chat.say("bot", f"Жауап: {posted.get('text') or posted['value']}", CHOICES)
        if fault == "lost":
            return Response(status_code=502)
        return JSONResponse({}, status_code=202)

    async def _events(self, request: Request) -> Response:
        chat = self._chat_of(request)
        if chat is None:
            return Response(status_code=401)
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        chat.listeners.append(queue)
        self.streams.append(queue)

        async def stream() -> AsyncIterator[str]:
            yield ": hello\n\n"
            try:
                while (message := await queue.get()) is not None:
                    yield f"event: message\nid: {message['id']}\ndata: {json.dumps(message)}\n\n"
            finally:
                chat.listeners.remove(queue)
                self.streams.remove(queue)

        return StreamingResponse(stream(), media_type="text/event-stream")


def _respond(asset: Asset) -> Response:
    return Response(asset.content, headers=dict(asset.headers))


@asynccontextmanager
async def run_server(server: ChatServer, port: int = 0) -> AsyncIterator[ChatServer]:
    """Listen on loopback until the block ends."""
    config = uvicorn.Config(server.app(), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)
    server.url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        server.cut_streams()
        running.should_exit = True
        await task
