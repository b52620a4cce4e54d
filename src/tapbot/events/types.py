"""A fact that happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tapbot.storage.types import JsonObject, Scope


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as it was told.

    `kind` is dotted: what it is about, then what happened, such as `"record.created"`.
    `subject` is the id of the thing; `data` holds what a reader needs to decide whether it cares.
    """

    event_id: int
    scope: Scope
    kind: str
    subject: str
    data: JsonObject
    created_at: datetime

    @property
    def topic(self) -> str:
        """The first part of the kind, such as `"record"`."""
        return self.kind.partition(".")[0]
