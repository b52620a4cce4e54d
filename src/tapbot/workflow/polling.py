"""What a polling trigger gets and gives when it looks for news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tapbot.storage.types import JsonObject
from tapbot.upstream import HttpClient
from tapbot.workflow.keys import NodeKeys
from tapbot.workflow.types import Item


@dataclass(frozen=True, slots=True)
class Polled:
    """What a polling trigger found.

    Args:
        items: What is new since it last looked.
        position: How far it has come, for the next look.
    """

    items: list[Item]
    position: JsonObject


@dataclass(frozen=True, slots=True)
class Look:
    """What a polling trigger gets when it looks for news.

    Args:
        params: Its parameters.
        position: What its last look gave; `None` at first, when it only takes note of what is there.
    """

    params: Any
    http: HttpClient
    http_timeout_seconds: float
    position: JsonObject | None
    keys: NodeKeys
    """The trigger's credentials."""
