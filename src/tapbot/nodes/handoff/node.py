"""Handoff: gives a conversation to a person, in the transaction that records the step."""

from __future__ import annotations

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.inbox import desk, holding
from tapbot.inbox.types import Actor, Handover
from tapbot.nodes.conversations import conversation_of
from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams, StoredStep, node
from tapbot.workflow.types import Item, StepKind

LONGEST_TEAM = 64
LONGEST_SUMMARY = 2000


class HandoffParams(NodeParams):
    """Which conversation, to whom, and why."""

    conversation_id: Text = ""
    """Conversation; without it, the one that this run belongs to."""
    reason: Text = "workflow"
    """Why, as operators read it."""
    summary: Text = ""
    """What the person should know: stands as a note in the conversation, which the customer never sees."""
    team: Text = ""
    """Team whose conversation it becomes; empty leaves it where it is."""
    reply_minutes: int = Field(default=0, ge=0, le=10_080)
    """How soon a person is to answer; 0 sets no time."""
    return_minutes: int = Field(default=0, ge=0, le=10_080)
    """After so long without a person's word the bot answers again; 0 leaves it to people."""


@node("tapbot.handoff", HandoffParams, version=1, label="Handoff", kind=StepKind.STORED)
def handoff(params: HandoffParams, _item: Item, step: StoredStep) -> Item:
    """Give the conversation to a person. The bot is silent from then on, until it is given back."""
    conversation_id = conversation_of(params.conversation_id, step)
    if len(params.team) > LONGEST_TEAM:
        raise InvalidInput("A team's name has at most 64 letters.", code="node.invalid_parameter", place="team")
    if len(params.summary) > LONGEST_SUMMARY:
        raise InvalidInput(
            f"A summary has at most {LONGEST_SUMMARY} letters.", code="node.invalid_parameter", place="summary"
        )
    handover = Handover(
        params.reason,
        team=params.team or None,
        reply_minutes=params.reply_minutes or None,
        return_minutes=params.return_minutes or None,
    )
    db, scope, actor = step.connection, step.scope, Actor("workflow", step.run_id)
    changed = holding.hand_over(db, scope, conversation_id, handover, actor=actor, now=step.now)
    if changed and params.summary.strip():
        desk.add_note(db, scope, conversation_id, text=params.summary.strip(), actor=actor, now=step.now)
    return Item(json={"conversationId": conversation_id, "handedOver": changed})
