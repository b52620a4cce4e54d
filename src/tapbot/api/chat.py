"""The web chat over HTTP: tokens, messages in, replies out, live events, the page and the widget."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tapbot.access.rate_limit import RateLimit
from tapbot.api.backlog import Backlog
from tapbot.api.file_answers import answer_file, read_upload
from tapbot.api.places import Places
from tapbot.api.streams import PING_SECONDS, Streams
from tapbot.bots.deciding import database_for, take_in
from tapbot.bots.keeping import arrival_of
from tapbot.bots.types import Bot
from tapbot.channels.types import Inbound
from tapbot.channels.webchat.assets import Asset, read_asset, render_page
from tapbot.channels.webchat.channel import WebchatChannel
from tapbot.channels.webchat.identity import chat_token_of, read_identity
from tapbot.channels.webchat.tokens import hash_chat_token, new_chat_token, read_chat_token
from tapbot.errors import InvalidInput, NotAllowed
from tapbot.events.hub import Hub, HubClosed, Reset, Subscription
from tapbot.events.types import Event
from tapbot.inbox import store, views
from tapbot.inbox.files import get_file, keep_file, read_file, show_attachments
from tapbot.inbox.known_chats import keep_known_chat
from tapbot.inbox.types import Accepted, Chat
from tapbot.project.served import Served
from tapbot.storage.database import OpenDatabase

LONGEST_WAIT_SECONDS = 60.0
LOOK_EVERY_SECONDS = 1.0
MOST_HISTORY = 200
MOST_STREAMS_A_CHAT = 3
MOST_STREAMS_AN_ADDRESS = 20
"""Behind one address there may be an office; one browser has a stream a tab."""


class Opening(msgspec.Struct, frozen=True):
    """The body of `POST …/token`: nothing, or who the visitor is, signed by the company's site."""

    identity: str | None = None


Handler = Callable[["Visit"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to one bot's chat."""

    request: Request
    served: Served
    bot: Bot
    channel: WebchatChannel

    @property
    def address(self) -> str:
        """IP address of the caller."""
        return self.request.client.host if self.request.client else "?"


class ChatApi:
    """Handlers of `/chat/{bot}/…`. A request never waits for a turn unless it asks to.

    Args:
        random: Gives random bytes for tokens.
    """

    def __init__(
        self,
        database: OpenDatabase,
        hub: Hub,
        places: Places,
        *,
        messages_limit: RateLimit,
        tokens_limit: RateLimit,
        backlog: Backlog,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._hub = hub
        self._places = places
        self._messages_limit = messages_limit
        self._tokens_limit = tokens_limit
        self._backlog = backlog
        self._chat_streams = Streams(MOST_STREAMS_A_CHAT)
        self._address_streams = Streams(MOST_STREAMS_AN_ADDRESS)
        self._clock = clock
        self._random = random

    def routes(self) -> list[Route]:
        """Paths below a project's address."""
        return [
            Route("/chat/{name:str}.js", self._script, methods=["GET"]),
            Route("/chat/{name:str}.css", self._style, methods=["GET"]),
            Route("/chat/{bot}", self._visit(self._page), methods=["GET"]),
            Route("/chat/{bot}/token", self._visit(self._token), methods=["POST", "OPTIONS"]),
            Route("/chat/{bot}/messages", self._visit(self._messages), methods=["GET", "POST", "OPTIONS"]),
            Route("/chat/{bot}/files", self._visit(self._upload), methods=["POST", "OPTIONS"]),
            Route("/chat/{bot}/files/{file_id}", self._visit(self._file), methods=["GET", "OPTIONS"]),
            Route("/chat/{bot}/events", self._visit(self._events), methods=["GET", "OPTIONS"]),
        ]

    def _visit(self, handle: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Find the project and the bot, and let the bot's own sites read the answer (CORS)."""

        async def respond(request: Request) -> Response:
            served = self._places.find(request)
            bot = served.bot(request.path_params["bot"])
            origin = request.headers.get("origin")
            allowed = origin is not None and origin in _allowed_origins(served, bot)
            if request.method == "OPTIONS":
                response = Response(status_code=204 if allowed else 403)
            else:
                visit = Visit(request, served, bot, WebchatChannel(bot_id=bot.id, now=self._clock))
                response = await handle(visit)
            if allowed and origin is not None:
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Access-Control-Allow-Headers"] = (
                    "Content-Type, X-Chat-Token, X-File-Name, Last-Event-ID"
                )
                response.headers["Access-Control-Allow-Methods"] = "GET, POST"
                response.headers["Vary"] = "Origin"
            return response

        return respond

    async def _script(self, request: Request) -> Response:
        return _asset(read_asset(request.path_params["name"] + ".js"), request)

    async def _style(self, request: Request) -> Response:
        return _asset(read_asset(request.path_params["name"] + ".css"), request)

    async def _page(self, visit: Visit) -> Response:
        wanted = visit.request.query_params.get("lang") or visit.served.project.settings.project.locales[0]
        title = visit.bot.title.get(wanted) or next(iter(visit.bot.title.values()), visit.bot.id)
        return _asset(render_page(title, visit.bot.title))

    async def _token(self, visit: Visit) -> Response:
        """A new chat. The token is told once and kept only as a hash."""
        await self._tokens_limit.take(visit.address)
        identity = _read_opening(await visit.request.body()).identity
        if identity is not None:
            return await self._known_token(visit, identity)
        token = new_chat_token(self._random)
        scope, now, chat_id = visit.served.scope, self._clock(), hash_chat_token(token)
        await self._database.scoped(scope).write(
            "chat.token", lambda db: store.keep_chat(db, scope, chat_id, bot_id=visit.bot.id, now=now)
        )
        return _json({"token": token})

    async def _known_token(self, visit: Visit, signed: str) -> Response:
        """The token of the one chat of a visitor whom the company's site vouches for."""
        section = visit.served.project.settings.channels.webchat.get(visit.bot.id)
        if section is None or section.identity_secret is None:
            raise NotAllowed(
                "This chat knows nobody by a signature.",
                code="webchat.no_identity",
                hint="Set channels.webchat.<bot>.identity_secret, or open the chat without an identity.",
            )
        secret, scope, now = section.identity_secret.get_secret_value(), visit.served.scope, self._clock()
        known = read_identity(signed, secret, now=now)
        token = chat_token_of(known.subject, secret, scope, visit.bot.id)
        said = {"name": known.name, "phone": known.phone}
        await self._database.scoped(scope).write(
            "chat.known",
            lambda db: keep_known_chat(db, scope, hash_chat_token(token), bot_id=visit.bot.id, **said, now=now),
        )
        return _json({"token": token})

    async def _messages(self, visit: Visit) -> Response:
        if visit.request.method == "GET":
            return await self._history(visit)
        raw = await visit.request.body()
        chat_id = await self._open_chat(visit)
        inbound = visit.channel.parse(raw, visit.request.headers)[0]
        await self._messages_limit.take(chat_id)
        self._backlog.check(visit.served.scope)
        wait_seconds = _wait_seconds(visit.request)
        scope = visit.served.scope
        database = self._database.scoped(scope)
        with suppress(HubClosed), self._hub.subscribe([visit.served.scope]) as events:
            accepted = await self._accept(visit, inbound)
            if wait_seconds is None:
                return _json({"accepted": True}, status=202)
            deadline = asyncio.get_running_loop().time() + wait_seconds
            while not await database.read(lambda db: store.turn_is_over(db, scope, accepted.inbound_id)):
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await _something_happened(events, accepted.conversation_id, min(left, LOOK_EVERY_SECONDS))
        replies = await database.read(lambda db: store.replies_to(db, scope, accepted.inbound_id))
        return _json({"messages": replies})

    async def _accept(self, visit: Visit, inbound: Inbound) -> Accepted:
        arrival = arrival_of(inbound)
        scope, now = visit.served.scope, self._clock()
        database = database_for(self._database, scope, [arrival.value])
        return await database.write("inbox.accept", lambda db: take_in(db, scope, arrival, now=now))

    async def _history(self, visit: Visit) -> Response:
        """What was said in this chat, oldest first."""
        chat_id = await self._open_chat(visit)
        scope, bot_id = visit.served.scope, visit.bot.id

        def read(db: Connection) -> list[dict[str, Any]]:
            conversation_id = views.find_conversation(db, scope, bot_id=bot_id, channel="webchat", chat_id=chat_id)
            if conversation_id is None:
                return []
            return views.list_messages(db, scope, conversation_id, limit=MOST_HISTORY, said_only=True)

        return _json({"messages": [show_message(row) for row in await self._database.scoped(scope).read(read)]})

    async def _upload(self, visit: Visit) -> Response:
        """Take a file of the customer; a message sends it."""
        chat_id = await self._open_chat(visit)
        await self._messages_limit.take(chat_id)
        self._backlog.check(visit.served.scope)
        file = read_upload(visit.request.headers, await visit.request.body())
        scope, chat = visit.served.scope, Chat(visit.bot.id, visit.channel.name, chat_id)
        file_id = await keep_file(self._database.scoped(scope), scope, chat, file, now=self._clock())
        return _json({"id": file_id}, status=201)

    async def _file(self, visit: Visit) -> Response:
        """A file of this chat, whoever sent it."""
        scope, file_id = visit.served.scope, visit.request.path_params["file_id"]
        chat = Chat(visit.bot.id, visit.channel.name, await self._open_chat(visit))
        database = self._database.scoped(scope)
        row = await database.read(lambda db: get_file(db, scope, file_id, chat))
        return answer_file(row, await database.read(lambda db: read_file(db, scope, file_id)))

    async def _events(self, visit: Visit) -> Response:
        """A stream of what is said in this chat from now on, or after `Last-Event-ID`."""
        chat_id = await self._open_chat(visit)
        after = visit.request.headers.get("last-event-id", "")
        self._chat_streams.check(chat_id)
        self._address_streams.check(visit.address)
        stream = self._stream(visit, chat_id, int(after) if after.isdecimal() else None)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _stream(self, visit: Visit, chat_id: str, after: int | None) -> AsyncIterator[bytes]:
        position = after
        with ExitStack() as open_streams, suppress(HubClosed), self._hub.subscribe([visit.served.scope]) as events:
            open_streams.enter_context(self._chat_streams.count(chat_id))
            open_streams.enter_context(self._address_streams.count(visit.address))
            conversation_id, last = await self._said(visit, chat_id, position)
            if position is None:
                position = last[-1]["position"] if last else 0
            yield b": open\n\n"
            while True:
                conversation_id, said = await self._said(visit, chat_id, position)
                for row in said:
                    position = row["position"]
                    yield b"id: %d\nevent: message\ndata: %s\n\n" % (position, msgspec.json.encode(show_message(row)))
                if not await _something_happened(events, conversation_id, PING_SECONDS):
                    yield b": ping\n\n"  # and look again: an event may have been lost

    async def _said(self, visit: Visit, chat_id: str, position: int | None) -> tuple[str | None, list[dict[str, Any]]]:
        """The chat's conversation, if it began, and what was said after a position; without one, the last message."""
        scope, bot_id = visit.served.scope, visit.bot.id

        def read(db: Connection) -> tuple[str | None, list[dict[str, Any]]]:
            conversation_id = views.find_conversation(db, scope, bot_id=bot_id, channel="webchat", chat_id=chat_id)
            if conversation_id is None:
                return None, []
            if position is None:
                return conversation_id, views.list_messages(db, scope, conversation_id, limit=1, said_only=True)
            return conversation_id, views.list_messages(db, scope, conversation_id, after=position, said_only=True)

        return await self._database.scoped(scope).read(read)

    async def _open_chat(self, visit: Visit) -> str:
        """The chat that the token opens.

        Raises:
            NotAllowed: The token is missing, malformed, or was never issued.
        """
        chat_id = hash_chat_token(read_chat_token(visit.request.headers))
        scope, bot_id = visit.served.scope, visit.bot.id
        if not await self._database.scoped(scope).read(lambda db: store.chat_exists(db, scope, chat_id, bot_id)):
            raise NotAllowed(
                "This chat token is not known here.",
                code="webchat.unknown_token",
                hint="Ask for a new one with POST …/token.",
            )
        return chat_id


def show_message(row: dict[str, Any]) -> dict[str, Any]:
    """A message as its chat sees it."""
    return {
        "id": row["message_id"],
        "author": row["author"],
        "text": row["text"],
        "buttons": row["buttons"],
        "attachments": show_attachments(row["attachments"]),
        "created_at": row["created_at"].isoformat(),
    }


async def _something_happened(events: Subscription, conversation_id: str | None, timeout_seconds: float) -> bool:
    """Wait until something happened in a conversation, or the time is over.

    Args:
        conversation_id: `None` while the chat has none: then whatever happens may be its beginning.

    Raises:
        HubClosed: The server is stopping.
    """
    deadline = asyncio.get_running_loop().time() + timeout_seconds
    while (left := deadline - asyncio.get_running_loop().time()) > 0:
        event = await events.take(timeout_seconds=left)
        if event is Reset.RESET or conversation_id is None:
            return event is not None
        if isinstance(event, Event) and conversation_id in (event.subject, event.data.get("conversation_id")):
            return True
    return False


def _allowed_origins(served: Served, bot: Bot) -> tuple[str, ...]:
    section = served.project.settings.channels.webchat.get(bot.id)
    return (*bot.allowed_origins, *(section.allowed_origins if section else ()))


def _read_opening(raw_body: bytes) -> Opening:
    try:
        return msgspec.json.decode(raw_body, type=Opening) if raw_body.strip() else Opening()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput(
            "The request cannot be read.", code="webchat.bad_opening", hint='Send {} or {"identity": "…"} as JSON.'
        ) from None


def _wait_seconds(request: Request) -> float | None:
    """The `wait` of a request; `None` when it wants no replies."""
    given = request.query_params.get("wait")
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InvalidInput("`wait` is a number of seconds.", code="webchat.bad_wait", place="wait")
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def _asset(asset: Asset, request: Request | None = None) -> Response:
    if request and asset.headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=dict(asset.headers))
    return Response(asset.content, headers=dict(asset.headers))


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
