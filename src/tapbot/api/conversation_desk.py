"""What operators do with conversations: take, answer, assign, note, tag, put off, close, and give back to the bot."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from sqlalchemy import Connection

from tapbot.access.store import list_people, list_team
from tapbot.access.types import Permission, Principal, Role
from tapbot.api.auth import Context, CurrentSession, allowed
from tapbot.api.context import ApiContext
from tapbot.api.conversations import ConversationDetail, show_detail
from tapbot.api.models import Model, ProjectName
from tapbot.bots.handoff import DeskRules
from tapbot.errors import NotFound
from tapbot.inbox import desk, holding, outbox, settling, views
from tapbot.inbox.changes import list_changes
from tapbot.inbox.files import MOST_ATTACHMENTS
from tapbot.inbox.types import Actor, ActorKind, Handover, Holder
from tapbot.storage.types import Scope

READ, WRITE = Permission.READ_CONVERSATIONS, Permission.WRITE_CONVERSATIONS
router = APIRouter(dependencies=[Depends(allowed(READ))])
writing: Any = {"dependencies": [Depends(allowed(WRITE))]}
CANNED = "canned."

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
TeamName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=desk.LONGEST_TAG)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class ClaimRequest(Model):
    """Take a conversation."""

    force: bool = False
    """Also from a colleague who looks after it."""


class AssignRequest(Model):
    """Say who looks after a conversation."""

    assignee: str | None = Field(default=None, max_length=36)
    """A person; `null` for nobody."""
    team: TeamName | None = None
    """A team; `null` for none."""
    next: bool = False
    """Choose the person of the team whose turn it is."""


class ReplyRequest(Model):
    """Write to the customer."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""
    """May be left out where there are files."""
    files: list[Annotated[str, StringConstraints(max_length=36)]] = Field(default=[], max_length=MOST_ATTACHMENTS)
    """Ids of files that were uploaded for this conversation."""
    key: Key | None = None
    """Names this reply: sent again with the same key it is the same reply."""

    @model_validator(mode="after")
    def _says_something(self) -> ReplyRequest:
        if not self.text and not self.files:
            raise ValueError("a reply has a text, files or both")
        return self


class ScheduleRequest(Model):
    """Write to the customer later."""

    text: Text
    send_at: AwareDatetime
    """When it is sent; the conversation stays with whoever holds it."""
    key: Key | None = None
    """Names this message: sent again with the same key it is the same message."""


class NoteRequest(Model):
    """Write to colleagues; the customer never sees it."""

    text: Text


class SettleRequest(Model):
    """What became of a message in doubt."""

    arrived: bool
    """Whether the customer has it; otherwise it is sent again."""


class TagsRequest(Model):
    """The tags that a conversation is to have."""

    tags: list[Tag] = Field(max_length=desk.MOST_TAGS)


class SnoozeRequest(Model):
    """Put a conversation off."""

    until: AwareDatetime | None
    """Until when; `null` takes it up again."""


class CloseRequest(Model):
    """Nothing is left to do."""

    reason: ShortText = ""


class ReturnRequest(Model):
    """Give a conversation back to the bot."""

    summary: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    """What the bot should know of what was done."""


class ConversationChange(Model):
    """One change of a conversation."""

    id: str
    kind: Literal["holder", "assigned", "note", "tags", "snooze", "late"]
    from_holder: Holder | None
    to_holder: Holder | None
    reason: str | None
    actor_kind: ActorKind
    actor_id: str | None
    data: dict[str, Any]
    """What it was: `text` of a note, `tags`, `assignee` and `team`, `until`, `summary`."""
    at: datetime


class ChangeList(Model):
    """Changes, oldest first."""

    items: list[ConversationChange]


class PersonModel(Model):
    """Somebody who may answer customers."""

    id: str
    name: str
    team: str | None


class PersonList(Model):
    """People who may answer customers."""

    items: list[PersonModel]


class CannedReply(Model):
    """A text of the project to answer with: `canned.<name>` of `messages/*.yaml`."""

    name: str
    texts: dict[str, str]
    """By language."""


class CannedList(Model):
    """Texts to answer with."""

    items: list[CannedReply]


class Work:
    """What one operator does with one conversation, in one transaction."""

    def __init__(
        self, conversation_id: str, context: Context, session: CurrentSession, project: ProjectName = None
    ) -> None:
        self.id, self.context, self.now = conversation_id, context, context.clock()
        self.release = context.release(project)
        self.scope = self.release.scope
        self.actor = Actor("person", session.principal.principal_id)

    async def change(self, write: Callable[[Connection], object]) -> ConversationDetail:
        """Make a change; gives the conversation as it is then."""

        def carry_out(db: Connection) -> dict[str, Any]:
            write(db)
            row = views.get_conversation(db, self.scope, self.id)
            assert row is not None  # noqa: S101  # it was locked just now
            return row

        return show_detail(await self.context.database.scoped(self.scope).write("desk.change", carry_out))

    async def taking(self) -> Handover:
        """How the conversation is taken over, as its bot's file says."""
        row = await self.context.database.scoped(self.scope).read(
            lambda db: views.get_conversation(db, self.scope, self.id)
        )
        bot = self.release.project.bots.get(row["bot_id"]) if row else None
        part = ((bot.desk if bot else None) or DeskRules()).part
        return Handover("claimed", reply_minutes=part.reply_minutes, return_minutes=part.return_minutes)


Working = Annotated[Work, Depends()]


@router.post("/conversations/{conversation_id}/claim", **writing)
async def claim_conversation(wanted: ClaimRequest, work: Working) -> ConversationDetail:
    """Take a conversation: the bot is silent until it is given back."""
    handover = await work.taking()
    return await work.change(
        lambda db: desk.claim(db, work.scope, work.id, handover, actor=work.actor, force=wanted.force, now=work.now)
    )


@router.post("/conversations/{conversation_id}/assign", **writing)
async def assign_conversation(wanted: AssignRequest, work: Working) -> ConversationDetail:
    """Say which person or team looks after a conversation."""
    people = await _people(work.context)
    if wanted.assignee is not None and wanted.assignee not in {one.principal_id for one in people}:
        raise NotFound("there is nobody like that who may answer.", code="access.no_such_person", place="assignee")
    team = await _team(work.context, wanted.team) if wanted.next else ()
    if wanted.next and not team:
        raise NotFound("nobody is in this team.", code="inbox.empty_team", place="team")
    return await work.change(
        lambda db: desk.assign(
            db,
            work.scope,
            work.id,
            assignee=wanted.assignee,
            team=wanted.team,
            actor=work.actor,
            now=work.now,
            people=team,
        )
    )


@router.post("/conversations/{conversation_id}/reply", **writing)
async def reply_to_conversation(wanted: ReplyRequest, work: Working) -> ConversationDetail:
    """Write to the customer as a person, who has the conversation from then on."""
    handover, key = await work.taking(), wanted.key or str(uuid.uuid4())
    return await work.change(
        lambda db: desk.reply_as_person(
            db,
            work.scope,
            work.id,
            text=wanted.text,
            key=key,
            handover=handover,
            actor=work.actor,
            now=work.now,
            file_ids=wanted.files,
        )
    )


@router.post("/conversations/{conversation_id}/schedule", **writing)
async def schedule_message(wanted: ScheduleRequest, work: Working) -> ConversationDetail:
    """Write to the customer at a later time."""
    key = wanted.key or str(uuid.uuid4())
    return await work.change(
        lambda db: desk.write_later(
            db, work.scope, work.id, text=wanted.text, send_at=wanted.send_at, key=key, actor=work.actor, now=work.now
        )
    )


@router.post("/conversations/{conversation_id}/messages/{message_id}/withdraw", **writing)
async def withdraw_message(message_id: str, work: Working) -> ConversationDetail:
    """Take back a message that is to be sent later."""
    return await work.change(lambda db: outbox.withdraw(db, work.scope, work.id, message_id, now=work.now))


@router.post("/conversations/{conversation_id}/messages/{message_id}/settle", **writing)
async def settle_message(message_id: str, wanted: SettleRequest, work: Working) -> ConversationDetail:
    """Decide about a message in doubt: it arrived, or it is sent again. One that failed may be sent again too."""
    return await work.change(
        lambda db: settling.settle(
            db, work.scope, message_id, arrived=wanted.arrived, now=work.now, conversation_id=work.id
        )
    )


@router.post("/conversations/{conversation_id}/note", **writing)
async def note_conversation(wanted: NoteRequest, work: Working) -> ConversationDetail:
    """Write a note that only colleagues see."""
    return await work.change(
        lambda db: desk.add_note(db, work.scope, work.id, text=wanted.text, actor=work.actor, now=work.now)
    )


@router.put("/conversations/{conversation_id}/tags", **writing)
async def tag_conversation(wanted: TagsRequest, work: Working) -> ConversationDetail:
    """Replace the tags of a conversation."""
    return await work.change(
        lambda db: desk.set_tags(db, work.scope, work.id, wanted.tags, actor=work.actor, now=work.now)
    )


@router.post("/conversations/{conversation_id}/snooze", **writing)
async def snooze_conversation(wanted: SnoozeRequest, work: Working) -> ConversationDetail:
    """Put a conversation off until a time, or until the customer writes."""
    return await work.change(
        lambda db: desk.snooze(db, work.scope, work.id, wanted.until, actor=work.actor, now=work.now)
    )


@router.post("/conversations/{conversation_id}/close", **writing)
async def close_conversation(wanted: CloseRequest, work: Working) -> ConversationDetail:
    """Close a conversation: when the customer writes again, the bot answers."""
    return await work.change(
        lambda db: holding.close(
            db, work.scope, work.id, actor=work.actor, reason=wanted.reason or "closed", now=work.now
        )
    )


@router.post("/conversations/{conversation_id}/return", **writing)
async def return_conversation(wanted: ReturnRequest, work: Working) -> ConversationDetail:
    """Give a conversation back to the bot, which answers what nobody answered meanwhile."""
    return await work.change(
        lambda db: holding.give_back(
            db,
            work.scope,
            work.id,
            actor=work.actor,
            reason="returned",
            now=work.now,
            summary=wanted.summary or None,
        )
    )


@router.get("/conversations/{conversation_id}/changes")
async def list_conversation_changes(conversation_id: str, context: Context, project: ProjectName = None) -> ChangeList:
    """List what changed in a conversation, who did it and why, oldest first."""
    scope = context.release(project).scope

    def read(db: Connection) -> list[dict[str, Any]]:
        if views.get_conversation(db, scope, conversation_id) is None:
            raise NotFound(f"there is no conversation {conversation_id!r}.", code="inbox.no_conversation")
        return list_changes(db, scope, conversation_id)

    rows = await context.database.scoped(scope).read(read)
    return ChangeList(items=[ConversationChange(id=str(row.pop("change_id")), **row) for row in rows])


@router.get("/people")
async def list_operators(context: Context) -> PersonList:
    """List the people who may answer customers."""
    people = await _people(context)
    return PersonList(items=[PersonModel(id=one.principal_id, name=one.name, team=one.team) for one in people])


@router.get("/canned-replies")
async def list_canned_replies(context: Context, project: ProjectName = None) -> CannedList:
    """List the texts that operators answer with."""
    texts = context.release(project).project.texts
    found = sorted(key for key in texts if key.startswith(CANNED))
    return CannedList(items=[CannedReply(name=key.removeprefix(CANNED), texts=dict(texts[key])) for key in found])


async def _people(context: ApiContext) -> list[Principal]:
    home: Scope = context.home
    people = await context.database.scoped(home).read(lambda db: list_people(db, home))
    return [one for one in people if one.role in {Role.ADMIN, Role.OPERATOR}]


async def _team(context: ApiContext, team: str | None) -> tuple[str, ...]:
    if team is None:
        return ()
    home: Scope = context.home
    return tuple(await context.database.scoped(home).read(lambda db: list_team(db, home, team)))
