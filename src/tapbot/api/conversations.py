"""Conversations and their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.models import Cursor, Limit, Model, ProjectName, decode_cursor, encode_cursor, wrong_cursor
from tapbot.errors import NotFound
from tapbot.inbox import views
from tapbot.inbox.conversations import mark_read
from tapbot.inbox.files import show_attachments
from tapbot.inbox.types import Holder

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_CONVERSATIONS))])
Short = Annotated[str | None, Query(max_length=64)]


class ContactModel(Model):
    """A customer."""

    id: str
    name: str | None
    phone: str | None
    language: str | None


class ConversationModel(Model):
    """A conversation in a list."""

    id: str
    bot: str
    channel: str
    contact: ContactModel
    holder: Holder
    holder_reason: str | None
    team: str | None
    assignee: str | None
    """Id of the person who looks after it."""
    tags: list[str]
    snoozed_until: datetime | None
    reply_due_at: datetime | None
    """When a person is to have answered."""
    last_text: str | None
    last_message_at: datetime | None
    unread: int
    blocked_at: datetime | None
    """When the customer blocked the bot, or their group put it out; it cannot write to them."""
    link: str | None
    """What the link carried by which they came last."""


class ConversationDetail(ConversationModel):
    """A conversation with what its bot remembers."""

    state: dict[str, Any] | None


class ConversationPage(Model):
    """Conversations, the one that changed last first."""

    items: list[ConversationModel]
    next: str | None
    """Give it as `before` for the next page."""


class ButtonModel(Model):
    """A button below a message."""

    label: str
    value: str


class AttachmentModel(Model):
    """A file or a place of a message."""

    kind: Literal["photo", "voice", "audio", "video", "document", "sticker", "place"]
    file_id: str | None = None
    """Of a file that is here."""
    coming: bool = False
    """The file is still to be fetched."""
    failed: str | None = None
    """Why the file is not here: the error's code."""
    name: str | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    transcript: str | None = None
    """What is said in a voice message."""


class MessageModel(Model):
    """One message."""

    id: str
    author: Literal["contact", "bot", "human"]
    text: str | None
    buttons: list[ButtonModel]
    attachments: list[AttachmentModel]
    value: str | None
    """Value of the button that was pressed."""
    created_at: datetime
    run_id: str | None
    author_id: str | None
    """The person at the company who wrote it."""
    speaker: str | None
    """The customer who wrote it, in a group, where several do."""
    delivery: Literal["queued", "sent", "delivered", "read", "failed", "in_doubt", "held", "dropped", "stopped"] | None
    """`held`: not sent while a person has the conversation. `dropped`: not sent any more, since a person answered or
    took it back, or the customer wants no more of them. `stopped`: not sent while its broadcast is stopped.
    `in_doubt`: the channel's answer was lost, so nobody knows whether it arrived, and a person decides."""
    delivery_error: str | None
    """Why it was not delivered, in the channel's words."""
    delivery_error_code: str | None
    """The same for programs, for example `whatsapp.undeliverable`."""
    due_at: datetime | None
    """When it is to be sent, for a message that waits."""
    edited_at: datetime | None
    """When its author last changed it."""
    earlier: list[str]
    """What it said before, the first text first."""


class MessagePage(Model):
    """Messages, oldest first; `next` leads to older ones."""

    items: list[MessageModel]
    next: str | None


@router.get("/conversations")
async def list_conversations(
    context: Context,
    project: ProjectName = None,
    bot: str | None = None,
    channel: str | None = None,
    holder: Holder | None = None,
    team: Short = None,
    assignee: Short = None,
    tag: Short = None,
    snoozed: bool | None = None,
    before: Cursor = None,
    limit: Limit = 50,
) -> ConversationPage:
    """List conversations, the one that changed last first."""
    scope, cursor = context.release(project).scope, decode_cursor(before)
    rows = await context.database.scoped(scope).read(
        lambda db: views.list_conversations(
            db,
            scope,
            bot_id=bot,
            channel=channel,
            holder=holder,
            team=team,
            assignee=assignee,
            tag=tag,
            snoozed=snoozed,
            before=cursor,
            limit=limit + 1,
        )
    )
    more = len(rows) > limit
    rows = rows[:limit]
    following = encode_cursor(rows[-1]["last_message_at"], rows[-1]["conversation_id"]) if more else None
    return ConversationPage(items=[ConversationModel(**show_conversation(row)) for row in rows], next=following)


@router.get("/conversations/{conversation_id}")
async def get_conversation(conversation_id: str, context: Context, project: ProjectName = None) -> ConversationDetail:
    """Read one conversation."""
    scope = context.release(project).scope
    row = await context.database.scoped(scope).read(lambda db: views.get_conversation(db, scope, conversation_id))
    if row is None:
        raise _not_found(conversation_id)
    return show_detail(row)


@router.post(
    "/conversations/{conversation_id}/read",
    status_code=204,
    dependencies=[Depends(allowed(Permission.WRITE_CONVERSATIONS))],
)
async def read_conversation(conversation_id: str, context: Context, project: ProjectName = None) -> None:
    """Mark a conversation as read: it has no unread messages any more."""
    scope, now = context.release(project).scope, context.clock()

    def change(db: Connection) -> None:
        if views.get_conversation(db, scope, conversation_id) is None:
            raise _not_found(conversation_id)
        mark_read(db, scope, conversation_id, now=now)

    await context.database.scoped(scope).write("inbox.mark_read", change)


@router.get("/conversations/{conversation_id}/messages")
async def list_messages(
    conversation_id: str, context: Context, project: ProjectName = None, before: Cursor = None, limit: Limit = 50
) -> MessagePage:
    """List the messages of a conversation, oldest first; without `before` the newest page."""
    scope = context.release(project).scope
    if before is not None and not (before.isdecimal() and len(before) <= 18):
        raise wrong_cursor()
    position = int(before) if before is not None else None

    def read(db: Connection) -> list[dict[str, Any]]:
        if views.get_conversation(db, scope, conversation_id) is None:
            raise _not_found(conversation_id)
        return views.list_messages(db, scope, conversation_id, before=position, limit=limit + 1)

    rows = await context.database.scoped(scope).read(read)
    more = len(rows) > limit
    rows = rows[-limit:]
    following = str(rows[0]["position"]) if more else None
    return MessagePage(items=[_show_message(row) for row in rows], next=following)


def show_detail(row: dict[str, Any]) -> ConversationDetail:
    """A conversation with what its bot remembers."""
    return ConversationDetail(**show_conversation(row), state=row["state"])


def show_conversation(row: dict[str, Any]) -> dict[str, Any]:
    """A conversation as a list shows it."""
    contact = ContactModel(
        id=row["contact_id"],
        name=row["first_name"],
        phone=row["phone"],
        language=row["contact_language"] or row["language"],
    )
    same = ("channel", "holder", "holder_reason", "last_text", "last_message_at", "unread", "team")
    shown = {name: row[name] for name in (*same, "snoozed_until", "reply_due_at", "blocked_at", "link")}
    shown |= {"assignee": row["assignee_id"], "tags": row["tags"] or []}
    return {"id": row["conversation_id"], "bot": row["bot_id"], "contact": contact, **shown}


def _show_message(row: dict[str, Any]) -> MessageModel:
    same = ("author", "author_id", "text", "buttons", "value", "created_at", "run_id", "delivery")
    waits = row["delivery"] in {"queued", "held"}
    return MessageModel(
        id=row["message_id"],
        delivery_error=(row["delivery_error"] or {}).get("message"),
        delivery_error_code=(row["delivery_error"] or {}).get("code"),
        due_at=row["due_at"] if waits else None,
        speaker=_speaker(row),
        edited_at=row["edited_at"],
        earlier=row["earlier"] or [],
        attachments=[AttachmentModel(**one) for one in show_attachments(row["attachments"])],
        **{name: row[name] for name in same},
    )


def _speaker(row: dict[str, Any]) -> str | None:
    """Who wrote a message in a chat that is not theirs alone."""
    sender = row["sender"] if row["author"] == "contact" else None
    name: str | None = sender["name"] if sender and sender["id"] != row["chat_id"] else None
    return name


def _not_found(conversation_id: str) -> NotFound:
    return NotFound(f"there is no conversation {conversation_id!r}.", code="inbox.no_conversation")
