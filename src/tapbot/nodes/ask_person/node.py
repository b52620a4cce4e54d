"""Ask person: the run leaves memory until somebody has decided, in a chat or in the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.inbox import approvals
from tapbot.nodes.ask_person.asking import Question, ask_in_chats
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import Asking, NodeCall, NodeParams, Reminder, StoredStep, Wait, wait_node
from tapbot.workflow.types import Item, Outputs

OUTPUTS = ("approved", "refused", "noAnswer")
LONGEST_MINUTES = 60 * 24 * 60
LONGEST_QUESTION, LONGEST_DETAILS = 1000, 2500
"""Characters. What is decided on must fit into one message whole: nobody decides on half of it."""


class PersonChat(NodeParams):
    """A chat in which people are asked."""

    bot: Text = ""
    """Bot that asks."""
    channel: Text = ""
    """Channel, for example `telegram`."""
    chat_id: Text = ""
    """Chat of a person or of a group: everybody there may decide."""


class Escalation(PersonChat):
    """Whom to ask when nobody answers."""

    after_minutes: int = Field(default=0, ge=0, le=LONGEST_MINUTES)
    """Minutes without an answer; 0 asks nobody else."""


class AskPersonParams(NodeParams):
    """What is asked, whom, and for how long."""

    question: Text = ""
    """What is to be decided, as people read it."""
    details: Any = Field(default_factory=dict)
    """The exact arguments that are decided on, as an object; the decision is bound to them."""
    language: Literal["kk", "ru", "en"] = "ru"
    """Language of the buttons."""
    role: Literal["", "admin", "operator"] = ""
    """Role that may decide in the console; empty for everybody who may answer customers. Administrators always may."""
    team: Text = ""
    """Team that may decide in the console."""
    person: Text = ""
    """E-mail of the only person who may decide in the console."""
    chat: PersonChat = Field(default_factory=PersonChat)
    """Chat in which it is asked, with buttons; without one, the console alone shows it."""
    deadline_minutes: int = Field(default=72 * 60, ge=1, le=LONGEST_MINUTES)
    """Minutes to decide in. After them the items leave by `noAnswer`."""
    escalation: Escalation = Field(default_factory=Escalation)
    """A second chat, asked when nobody answered in the first."""
    pause_conversation: bool = False
    """The bot leaves the customer's conversation alone until the decision."""


@wait_node("tapbot.askPerson", AskPersonParams, version=1, label="Ask Person", outputs=OUTPUTS, asks=True)
def ask_person(call: NodeCall[AskPersonParams], now: datetime) -> Wait:
    """Ask a person to approve or refuse, and wait. The first item decides what is asked; all items leave together."""
    params = call.params
    deadline = now.astimezone(UTC) + timedelta(minutes=params.deadline_minutes)
    question = _question(params, deadline, now)
    first = deadline
    if params.escalation.after_minutes:
        first = min(deadline, now.astimezone(UTC) + timedelta(minutes=params.escalation.after_minutes))
    asking = Asking(
        ask=partial(_ask, question, params),
        remind=partial(_remind, question, params),
        close=_close,
        route=_route,
    )
    return Wait(first, asking=asking)


def _question(params: AskPersonParams, deadline: datetime, now: datetime) -> Question:
    """What is asked, checked.

    Raises:
        InvalidInput: A part is missing or too long.
    """
    if not params.question.strip():
        raise _invalid("The question is empty.", "question", "Say what is to be decided.")
    if len(params.question) > LONGEST_QUESTION:
        raise _invalid(f"The question has more than {LONGEST_QUESTION} characters.", "question")
    if not isinstance(params.details, dict):
        raise _invalid("The details are no object.", "details", "Write them as ={{ { amount: $json.amount } }}.")
    for place, chat in (("chat", params.chat), ("escalation", params.escalation)):
        given = [chat.bot, chat.channel, chat.chat_id]
        if any(given) and not all(given):
            raise _invalid("A chat needs `bot`, `channel` and `chatId`.", place)
    if params.escalation.after_minutes and not params.escalation.chat_id:
        raise _invalid("Nobody is named to be asked then.", "escalation", "Name `bot`, `channel` and `chatId`.")
    question = Question(
        params.question.strip(),
        cast(JsonObject, params.details),
        params.language,
        deadline,
        now.tzinfo or ZoneInfo("UTC"),
    )
    if len(question.shown_details()) > LONGEST_DETAILS:
        raise _invalid(
            f"The details have more than {LONGEST_DETAILS} characters.",
            "details",
            "Give what the decision depends on, and no more.",
        )
    return question


def _invalid(message: str, place: str, hint: str | None = None) -> InvalidInput:
    return InvalidInput(message, code="node.invalid_parameter", place=place, hint=hint)


def _chats(chat: PersonChat) -> list[dict[str, str]]:
    return [{"bot_id": chat.bot, "channel": chat.channel, "chat_id": chat.chat_id}] if chat.chat_id else []


def _ask(question: Question, params: AskPersonParams, step: StoredStep, event: str) -> JsonObject:
    """Note the approval and put the question into the chat."""
    if params.pause_conversation and not step.conversation_id:
        raise _invalid("This run belongs to no conversation that could wait.", "pauseConversation")
    deciders = {"role": params.role, "team": params.team, "person": params.person}
    asked = approvals.Asked(
        run_id=step.run_id,
        node=step.node.name,
        event=event,
        question=question.text,
        details=question.details,
        language=question.language,
        deciders={name: value for name, value in deciders.items() if value},
        chats=_chats(params.chat),
        deadline_at=question.deadline,
        conversation_id=step.conversation_id if params.pause_conversation else None,
    )
    approval_id, token = approvals.open_approval(step.connection, step.scope, asked, now=step.now)
    ask_in_chats(step, question, approval_id, token, _chats(params.chat), again=False)
    return {"approval_id": approval_id, "deadline": question.deadline.isoformat()}


def _remind(question: Question, params: AskPersonParams, asked: JsonObject) -> Reminder | None:
    """The second chat is asked, unless that is the end."""
    if not params.escalation.after_minutes or params.escalation.after_minutes >= params.deadline_minutes:
        return None
    deadline = datetime.fromisoformat(str(asked["deadline"]))
    late = replace(question, deadline=deadline)

    def remind(step: StoredStep) -> JsonObject:
        chats = _chats(params.escalation)
        token = approvals.remind(step.connection, step.scope, str(asked["approval_id"]), chats, now=step.now)
        if token is not None:
            ask_in_chats(step, late, str(asked["approval_id"]), token, [*chats, *_chats(params.chat)], again=True)
        return {"asked": token is not None}

    return Reminder(deadline, remind)


def _close(step: StoredStep, asked: JsonObject) -> JsonObject:
    """Whatever was decided by now counts; nothing later does."""
    row = approvals.close_approval(step.connection, step.scope, str(asked["approval_id"]), now=step.now)
    at = row["decided_at"].isoformat() if row["decided_by"] else None
    by = cast("Mapping[str, Any]", row["decided_by"] or {})
    return {
        "id": row["approval_id"],
        "status": row["status"],
        "by": by.get("name") or by.get("chat_id"),
        "note": row["note"],
        "at": at,
        "detailsHash": row["details_hash"],
    }


def _route(closed: JsonObject, items: list[Item]) -> Outputs:
    """All items to one output, with the decision beside what they hold."""
    place = {"approved": 0, "refused": 1}.get(str(closed["status"]), 2)
    made = [Item(json={**item.json, "approval": closed}, binary=item.binary) for item in items]
    return [made if index == place else [] for index in range(len(OUTPUTS))]
