"""What the triggers that start with facts want, and what their runs begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from sqlalchemy import Connection

from tapbot.data import store as data
from tapbot.errors import NotFound
from tapbot.events.types import Event
from tapbot.inbox import views
from tapbot.inbox.files import show_attachments
from tapbot.nodes.conversation_trigger.node import ConversationTriggerParams
from tapbot.nodes.data_trigger.node import DataTriggerParams
from tapbot.storage.types import JsonObject


@dataclass(frozen=True, slots=True)
class Told:
    """What a run begins with.

    Args:
        conversation_id: The conversation that it belongs to, if it does.
    """

    item: JsonObject
    conversation_id: str | None = None


class Wants(Protocol):
    """What a trigger wants to hear of."""

    @property
    def mode(self) -> str:
        """How its runs began, as lists of runs show it."""
        ...

    def wants(self, event: Event) -> bool:
        """Whether a fact may start the workflow, by itself."""
        ...

    def describe(self, db: Connection, event: Event) -> Told | None:
        """What its run begins with; `None` when it is not wanted after all."""
        ...


@dataclass(frozen=True, slots=True)
class RecordChanges:
    """What a data trigger wants."""

    params: DataTriggerParams
    mode: str = "data"

    def wants(self, event: Event) -> bool:
        """See `Wants.wants`."""
        return self.params.wants(event)

    def describe(self, db: Connection, event: Event) -> Told:
        """What happened, with the record as it is now; `null` where it is gone."""
        collection = str(event.data.get("collection"))
        try:
            record = data.get(db, event.scope, collection, event.subject)
        except NotFound:
            record = None
        return Told(
            {
                "event": event.kind.removeprefix("record."),
                "collection": collection,
                "id": event.subject,
                "changed": event.data.get("changed") or [],
                "record": cast(Any, record),
            }
        )


@dataclass(frozen=True, slots=True)
class ConversationNews:
    """What a conversation trigger wants."""

    params: ConversationTriggerParams
    mode: str = "conversation"

    def wants(self, event: Event) -> bool:
        """See `Wants.wants`."""
        return self.params.happened(event) is not None

    def describe(self, db: Connection, event: Event) -> Told | None:
        """What happened, in which conversation, with whom, and what was said; `None` in another bot or channel."""
        said = views.get_message(db, event.scope, event.subject) if event.topic == "message" else None
        conversation_id = str(event.data.get("conversation_id")) if event.topic == "message" else event.subject
        found = views.get_conversation(db, event.scope, conversation_id)
        if found is None or not self.params.is_about(found["bot_id"], found["channel"]):
            return None
        item: dict[str, Any] = {
            "event": self.params.happened(event),
            "at": event.created_at.isoformat(),
            "reason": event.data.get("reason"),
            "conversation": views.show_conversation(found),
            "contact": views.show_contact(found),
            "message": None if said is None else _shown(said),
        }
        return Told(item, conversation_id)


def _shown(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": said["message_id"],
        "text": said["text"],
        "value": said["value"],
        "files": show_attachments(said["attachments"]),
    }


KINDS: Mapping[str, Callable[[JsonObject], Wants]] = {
    "data": lambda parameters: RecordChanges(DataTriggerParams.model_validate(parameters)),
    "conversation": lambda parameters: ConversationNews(ConversationTriggerParams.model_validate(parameters)),
}
"""Kinds of triggers that start with facts."""
