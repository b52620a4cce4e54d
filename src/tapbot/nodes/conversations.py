"""What the nodes over conversations share."""

from __future__ import annotations

from tapbot.errors import InvalidInput
from tapbot.workflow.node import StoredStep


def conversation_of(named: str, step: StoredStep) -> str:
    """Id of the conversation that a node is about: the one that is named, else the one that the run belongs to.

    Raises:
        InvalidInput: There is neither.
    """
    conversation_id = named or step.conversation_id
    if not conversation_id:
        raise InvalidInput(
            "No conversation is named.",
            code="node.invalid_parameter",
            place="conversationId",
            hint="This run belongs to no conversation: name one.",
        )
    return conversation_id
