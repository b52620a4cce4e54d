"""What a person should look at in all chats, and deciding about what the bot could not answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Depends

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.conversation_desk import Working
from tapbot.api.conversations import ConversationDetail
from tapbot.api.models import Limit, Model, ProjectName
from tapbot.inbox import troubles

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_CONVERSATIONS))])
writing: Any = {"dependencies": [Depends(allowed(Permission.WRITE_CONVERSATIONS))]}


class TroubleModel(Model):
    """A message that somebody should look at."""

    kind: Literal["in_doubt", "failed", "set_aside"]
    """`in_doubt`: nobody knows whether it arrived. `failed`: it did not. `set_aside`: the bot could not answer it."""
    message_id: str
    conversation_id: str
    name: str | None
    """Of the customer, or the phone."""
    bot: str
    channel: str
    text: str | None
    error: str | None
    """Why it did not arrive, in the channel's words."""
    error_code: str | None
    """The same for programs, for example `whatsapp.undeliverable`."""
    run_id: str | None
    """The turn that failed."""
    created_at: datetime


class TroubleList(Model):
    """Troubles, the newest first."""

    items: list[TroubleModel]


class AnswerRequest(Model):
    """What is to be done about a message that the bot could not answer."""

    again: bool
    """Let the bot try once more; otherwise the message is let be."""


@router.get("/troubles")
async def list_troubles(context: Context, project: ProjectName = None, limit: Limit = 50) -> TroubleList:
    """List messages in doubt, failed and set aside, over all conversations."""
    scope = context.release(project).scope
    rows = await context.database.scoped(scope).read(lambda db: troubles.list_troubles(db, scope, limit=limit))
    return TroubleList(items=[TroubleModel(**row) for row in rows])


@router.post("/conversations/{conversation_id}/messages/{message_id}/answer", **writing)
async def answer_message(message_id: str, wanted: AnswerRequest, work: Working) -> ConversationDetail:
    """Decide about a message that the bot could not answer: it tries once more, or the message is let be."""
    return await work.change(
        lambda db: troubles.answer_set_aside(db, work.scope, work.id, message_id, again=wanted.again, now=work.now)
    )
