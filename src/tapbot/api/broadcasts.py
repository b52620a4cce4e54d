"""Broadcasts: one message to many people who agreed to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field, StringConstraints

from tapbot.access.types import Permission
from tapbot.api.auth import Context, CurrentSession, allowed
from tapbot.api.broadcast_desk import BroadcastDesk
from tapbot.api.models import Cursor, Limit, Model, ProjectName, decode_cursor, encode_cursor
from tapbot.inbox.casting import LONGEST_TEXT, MOST_FILTERS, Operator

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_CONVERSATIONS))])
writing: Any = {"dependencies": [Depends(allowed(Permission.MANAGE_CONTACTS))]}
Language = Literal["kk", "ru", "en"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
ShortName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Value = str | int | float | bool


class FilterModel(Model):
    """One condition on contacts."""

    field: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    """`name`, `phone`, `language`, `created_at`, `tags`, or a field of the contact."""
    op: Operator = "eq"
    """`has` and `lacks` are for tags; `gt`, `gte`, `lt` and `lte` compare numbers with numbers and texts with texts."""
    value: Value | list[Value] | None = None


class BroadcastContent(Model):
    """What a broadcast says and to whom."""

    name: Name
    """For people at the company."""
    bot: ShortName
    """The bot that writes."""
    purpose: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")]
    """What its receivers agreed to, such as `marketing`."""
    texts: dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]]
    """By language, with `{{field}}`, or `{{field|what to say without it}}`."""
    segment: list[FilterModel] = Field(default=[], max_length=MOST_FILTERS)
    """All must hold; everybody who agreed when empty."""
    channels: list[ShortName] = Field(default=[], max_length=10)
    """Where it may be sent; all of the bot's when empty. A person gets it where they wrote last."""
    template: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")] | None = None
    """WhatsApp: the approved template that takes the text where the customer wrote more than 24 hours ago."""
    unsubscribe: bool = True
    """Put a button below it that withdraws the consent."""


class BroadcastChange(BroadcastContent):
    """What of a draft is to change; what is not named stays."""

    name: Name = ""
    bot: ShortName = ""
    purpose: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")] = ""
    texts: dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]] = {}


class BroadcastIdea(BroadcastContent):
    """A broadcast that is being written: nothing of it is kept."""

    name: Name = ""
    texts: dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]] = {}
    """Without any, whoever would get some word is counted."""


class BroadcastModel(BroadcastContent):
    """A broadcast in a list."""

    id: str
    status: Literal["draft", "running", "stopped", "done"]
    starts_at: datetime | None
    counted: int
    """How many people were looked at so far."""
    created_at: datetime
    finished_at: datetime | None


class BroadcastDetail(BroadcastModel):
    """A broadcast with its figures."""

    messages: dict[str, int]
    """How many messages are `queued`, `sent`, `delivered`, `read`, `failed`, `in_doubt`, `held`, `stopped`."""
    left_out: dict[str, int]
    """How many people got nothing, by reason."""
    unsubscribed: int
    """How many of those who got it withdrew their consent after it."""


class BroadcastPage(Model):
    """Broadcasts, the newest first."""

    items: list[BroadcastModel]
    next: str | None


class Example(Model):
    """What one person would get."""

    contact_id: str
    name: str | None
    channel: str
    language: str
    text: str


class LeftOut(Model):
    """Somebody who would get nothing."""

    contact_id: str
    name: str | None
    reason: Literal[
        "no_consent", "no_chat", "blocked", "person_has_chat", "window_closed", "no_value", "already", "withdrawn"
    ]


class BroadcastPreview(Model):
    """Who would get a broadcast now."""

    count: int
    languages: dict[str, int]
    examples: list[Example]
    """Three at most."""
    left_out: dict[str, int]
    """How many of the segment would get nothing, by reason."""
    who_is_left_out: list[LeftOut]
    """The first hundred of them."""
    quiet_hours: str | None
    """When the bot leaves customers alone, `22:00-08:00`: their messages wait for the morning."""


class TestRequest(Model):
    """Send a broadcast to one person."""

    contact: Annotated[str, StringConstraints(min_length=1, max_length=36)]
    """Somebody who agreed to its purpose, or has the tag `test`."""
    key: Key | None = None
    """Names this test: sent again with the same key it is the same test."""


class TestSent(Model):
    """That a test is on its way."""

    message_id: str


class StartRequest(Model):
    """Begin a broadcast."""

    at: AwareDatetime | None = None
    """When; now when left out."""


class BroadcastResult(Model):
    """What became of a broadcast for one person."""

    contact_id: str
    name: str | None
    status: str | None
    """Of the message, or why the person was left out."""
    left_out: str | None
    message_id: str | None
    conversation_id: str | None
    channel: str | None
    error: str | None
    due_at: datetime | None
    sent_at: datetime | None


class BroadcastResults(Model):
    """What became of a broadcast, person by person."""

    items: list[BroadcastResult]
    next: str | None
    """Give it as `after` for the next page."""


def at_desk(context: Context, session: CurrentSession, project: ProjectName = None) -> BroadcastDesk:
    """Where somebody asks about the broadcasts of a project."""
    release, actor_id = context.release(project), session.principal.principal_id
    return BroadcastDesk(context.database, release.scope, release.project, context.clock(), actor_id)


Desk = Annotated[BroadcastDesk, Depends(at_desk)]


@router.get("/broadcasts")
async def list_broadcasts(desk: Desk, before: Cursor = None, limit: Limit = 50) -> BroadcastPage:
    """List broadcasts, the newest first."""
    rows = await desk.listed(before=decode_cursor(before), limit=limit)
    last = rows[-1] if len(rows) == limit else None
    following = encode_cursor(last["created_at"], last["id"]) if last else None
    return BroadcastPage(items=[BroadcastModel(**row) for row in rows], next=following)


@router.post("/broadcasts", status_code=201, **writing)
async def create_broadcast(wanted: BroadcastContent, desk: Desk) -> BroadcastDetail:
    """Keep a draft of a broadcast."""
    return BroadcastDetail(**await desk.create(wanted.model_dump()))


@router.post("/broadcasts/preview")
async def preview_idea(wanted: BroadcastIdea, desk: Desk) -> BroadcastPreview:
    """Show who would get a broadcast that is being written."""
    return BroadcastPreview(**await desk.look_ahead(wanted.model_dump()))


@router.get("/broadcasts/{broadcast_id}")
async def get_broadcast(broadcast_id: str, desk: Desk) -> BroadcastDetail:
    """Read a broadcast with its figures."""
    return BroadcastDetail(**await desk.show(broadcast_id))


@router.patch("/broadcasts/{broadcast_id}", **writing)
async def change_broadcast(broadcast_id: str, wanted: BroadcastChange, desk: Desk) -> BroadcastDetail:
    """Change a draft."""
    return BroadcastDetail(**await desk.change(broadcast_id, wanted.model_dump(exclude_unset=True)))


@router.get("/broadcasts/{broadcast_id}/preview")
async def preview_broadcast(broadcast_id: str, desk: Desk) -> BroadcastPreview:
    """Show who would get a broadcast now, what they would read, and who would get nothing."""
    return BroadcastPreview(**await desk.preview(broadcast_id))


@router.post("/broadcasts/{broadcast_id}/test", **writing)
async def test_broadcast(broadcast_id: str, wanted: TestRequest, desk: Desk) -> TestSent:
    """Send a broadcast to one person now, to see it."""
    return TestSent(**await desk.test(broadcast_id, wanted.contact, wanted.key))


@router.post("/broadcasts/{broadcast_id}/start", **writing)
async def start_broadcast(broadcast_id: str, wanted: StartRequest, desk: Desk) -> BroadcastDetail:
    """Begin a broadcast, or go on after a stop."""
    return BroadcastDetail(**await desk.start(broadcast_id, wanted.at))


@router.post("/broadcasts/{broadcast_id}/stop", **writing)
async def stop_broadcast(broadcast_id: str, desk: Desk) -> BroadcastDetail:
    """Send no more of a broadcast until it is started again."""
    return BroadcastDetail(**await desk.stop(broadcast_id))


@router.get("/broadcasts/{broadcast_id}/messages")
async def list_broadcast_messages(
    broadcast_id: str,
    desk: Desk,
    status: Annotated[str | None, Query(max_length=40, description="Of a message, or a reason.")] = None,
    after: Annotated[str | None, Query(max_length=36)] = None,
    limit: Limit = 50,
) -> BroadcastResults:
    """List what became of a broadcast for each person."""
    rows = await desk.results(broadcast_id, status=status, after=after, limit=limit)
    following = rows[-1]["contact_id"] if len(rows) == limit else None
    return BroadcastResults(items=[BroadcastResult(**row) for row in rows], next=following)
