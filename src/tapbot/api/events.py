"""Live events for the console: hints about what changed, never the change itself (server-sent events)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Annotated, cast

import msgspec
from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import StreamingResponse

from tapbot.access.sessions import find_session
from tapbot.access.types import Permission, Session
from tapbot.api.auth import COOKIE, Context, allowed
from tapbot.api.context import ApiContext
from tapbot.api.models import ProjectName
from tapbot.api.streams import PING_SECONDS, Streams
from tapbot.events.hub import HubClosed, Reset, Subscription
from tapbot.events.store import following, is_lost, newest_id
from tapbot.events.types import Event
from tapbot.storage.types import Scope

router = APIRouter()

EVENT_ID = re.compile(r"[0-9]{1,18}")
MOST_STREAMS_A_SESSION = 12
TOPICS = {"message", "conversation", "contact", "approval", "broadcast", "run", "record"}
HINTS = ("conversation_id", "collection", "run_id", "status", "delivery")
"""What a hint may say of an event; whoever wants more asks for the thing itself, with the rights for it."""


@router.get("/events", response_class=StreamingResponse)
async def stream_events(
    request: Request,
    context: Context,
    session: Annotated[Session, Depends(allowed(Permission.READ_PROJECTS))],
    project: ProjectName = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Follow what happens: `event: message|conversation|contact|approval|broadcast|run|record`, `data: {"id", …}`.

    `: ping` comes each 15 s. `event: reset` means that events were lost: read again what is on the screen.
    """
    served = [context.release(project)] if project else list(context.releases.all_current)
    scopes = [release.scope for release in served]
    after = int(last_event_id) if last_event_id and EVENT_ID.fullmatch(last_event_id) else None
    streams = cast(Streams, request.app.state.streams)
    streams.check(session.key)
    stream = _stream(context, scopes, after, request.cookies.get(COOKIE, ""), streams.count(session.key))
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(
    context: ApiContext, scopes: list[Scope], after: int | None, token: str, counted: AbstractContextManager[None]
) -> AsyncIterator[bytes]:
    with counted, context.hub.subscribe(scopes) as subscription:
        yield b"retry: 2000\n\n"
        seen: set[int] = set()
        if after is not None:
            missed = await _missed(context, scopes, after)
            if missed is None:
                newest = await context.database.read(newest_id)
                yield b"id: %d\nevent: reset\ndata: {}\n\n" % newest
            for event in missed or []:
                seen.add(event.event_id)
                yield encode_event(event)
        async for chunk in _live(context, subscription, seen, token):
            yield chunk


async def _live(context: ApiContext, subscription: Subscription, seen: set[int], token: str) -> AsyncIterator[bytes]:
    """Events as they come, until the reader is too slow or the login ends.

    Args:
        seen: Ids of the events that were sent already.
    """
    while True:
        try:
            event = await subscription.take(timeout_seconds=PING_SECONDS)
        except HubClosed:
            return
        if event is None:
            if not await _still_logged_in(context, token):
                return
            yield b": ping\n\n"
        elif event is Reset.RESET:
            yield b"event: reset\ndata: {}\n\n"
            return  # a reader that knows no reset reads everything again when it comes back
        elif isinstance(event, Event) and event.event_id not in seen:
            yield encode_event(event)


async def _still_logged_in(context: ApiContext, token: str) -> bool:
    now = context.clock()
    return (
        await context.database.scoped(context.home).read(lambda db: find_session(db, context.home, token, now=now))
        is not None
    )


async def _missed(context: ApiContext, scopes: list[Scope], after: int) -> list[Event] | None:
    """What a reader who comes back missed, in order; `None` when that is too much."""
    if await context.database.read(lambda db: is_lost(db, after)):
        return None
    missed: list[Event] = []
    for scope in scopes:
        found = await context.database.scoped(scope).read(lambda db, scope=scope: following(db, scope, after))  # type: ignore[misc]
        if found is None:
            return None
        missed.extend(found)
    return sorted(missed, key=lambda event: event.event_id)


def encode_event(event: Event) -> bytes:
    """One event in the stream's format; nothing for topics that the console does not show."""
    if event.topic not in TOPICS:
        return b""
    hints = {name: event.data[name] for name in HINTS if name in event.data}
    data = msgspec.json.encode({"id": event.subject, **hints})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.event_id, event.topic.encode(), data)
