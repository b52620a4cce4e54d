"""Conversation: looks at a conversation, or changes it in the transaction that records the step."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import RowMapping

from tapbot.errors import InvalidInput, NotFound
from tapbot.inbox import desk, holding, views
from tapbot.inbox.changes import lock_conversation
from tapbot.inbox.types import Actor
from tapbot.nodes.conversations import conversation_of
from tapbot.nodes.fields import Text, split_names
from tapbot.workflow.node import NodeParams, StoredStep, node
from tapbot.workflow.types import Item, StepKind

LONGEST_TEAM = 64
LONGEST_NOTE = 4000
LONGEST_SUMMARY = 2000

Operation: TypeAlias = Literal[
    "get", "addTags", "removeTags", "setTags", "addNote", "setTeam", "snooze", "returnToBot", "close"
]


class ConversationParams(NodeParams):
    """Which conversation, and what is done with it."""

    operation: Operation = "get"
    """`get`: only look. `addTags`, `removeTags`, `setTags`: change its tags. `addNote`: write what colleagues see and
    the customer never does. `setTeam`: give it to a team. `snooze`: put it off. `returnToBot`: the bot answers again.
    `close`: nothing is left to do until the customer writes."""
    conversation_id: Text = ""
    """Conversation; without it, the one that this run belongs to."""
    tags: Text = ""
    """Tags with commas between, such as `vip, refund`; for `setTags` empty takes all away."""
    text: Text = ""
    """Text of the note."""
    team: Text = ""
    """Team whose conversation it becomes; a person of another team no longer looks after it."""
    until: datetime | None = None
    """Until when it is put off; empty takes it up again. A time without a zone is refused."""
    reason: Text = "workflow"
    """Why it is returned or closed, as operators read it."""
    summary: Text = ""
    """What the bot should know of what was done, for `returnToBot`."""


@node("tapbot.conversation", ConversationParams, version=1, label="Conversation", kind=StepKind.STORED)
def use_conversation(params: ConversationParams, _item: Item, step: StoredStep) -> Item:
    """Do one thing with a conversation, and pass on how it is then: who holds it, its tags, its team, its contact."""
    conversation_id = conversation_of(params.conversation_id, step)
    _check(params)
    row = lock_conversation(step.connection, step.scope, conversation_id)
    _act(params, row, step)
    found = views.get_conversation(step.connection, step.scope, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.", code="inbox.no_conversation", place=conversation_id)
    return Item(json={"conversation": views.show_conversation(found), "contact": views.show_contact(found)})


def _act(params: ConversationParams, row: RowMapping, step: StoredStep) -> None:
    db, scope, now = step.connection, step.scope, step.now
    conversation_id, actor = row["conversation_id"], Actor("workflow", step.run_id)
    match params.operation:
        case "get":
            pass
        case "addTags" | "removeTags" | "setTags":
            desk.set_tags(db, scope, conversation_id, _tags(params, row["tags"] or []), actor=actor, now=now)
        case "addNote":
            desk.add_note(db, scope, conversation_id, text=params.text.strip(), actor=actor, now=now)
        case "setTeam":
            if row["team"] != params.team.strip():  # whoever looks after it in its team goes on doing so
                team = params.team.strip()
                desk.assign(db, scope, conversation_id, assignee=None, team=team, actor=actor, now=now)
        case "snooze":
            desk.snooze(db, scope, conversation_id, params.until, actor=actor, now=now)
        case "returnToBot":
            summary = params.summary.strip() or None
            holding.give_back(db, scope, conversation_id, actor=actor, reason=params.reason, now=now, summary=summary)
        case "close":
            holding.close(db, scope, conversation_id, actor=actor, reason=params.reason, now=now)


def _tags(params: ConversationParams, present: list[str]) -> list[str]:
    named = [tag.lower() for tag in split_names(params.tags)]
    if params.operation == "addTags":
        return [*present, *named]
    return [tag for tag in present if tag not in named] if params.operation == "removeTags" else named


def _check(params: ConversationParams) -> None:
    """Raise `InvalidInput` where the operation lacks what it needs, or has too much of it."""
    operation, team = params.operation, params.team.strip()
    if operation in ("addTags", "removeTags") and not split_names(params.tags):
        raise _wrong("No tag is named.", "tags")
    if operation == "addNote" and not params.text.strip():
        raise _wrong("The note has no text.", "text")
    if operation == "addNote" and len(params.text) > LONGEST_NOTE:
        raise _wrong(f"A note has at most {LONGEST_NOTE} letters.", "text")
    if operation == "setTeam" and not 0 < len(team) <= LONGEST_TEAM:
        raise _wrong(f"A team's name has 1 to {LONGEST_TEAM} letters.", "team")
    if operation == "snooze" and params.until is not None and params.until.tzinfo is None:
        raise _wrong("The time has no zone.", "until", "Write it as {{ $now.plus({ hours: 1 }).toISO() }}.")
    if operation == "returnToBot" and len(params.summary) > LONGEST_SUMMARY:
        raise _wrong(f"A summary has at most {LONGEST_SUMMARY} letters.", "summary")


def _wrong(message: str, place: str, hint: str | None = None) -> InvalidInput:
    return InvalidInput(message, code="node.invalid_parameter", place=place, hint=hint)
