"""The methods of the Bot API that do something here, by topic. Arguments come checked."""

from tapbot.emulators.telegram.calls import METHODS
from tapbot.emulators.telegram.methods import (
    business,
    chats,
    contents,
    edits,
    files,
    members,
    messages,
    payments,
    profile,
    queries,
    topics,
    updates,
)

__all__ = [
    "METHODS",
    "business",
    "chats",
    "contents",
    "edits",
    "files",
    "members",
    "messages",
    "payments",
    "profile",
    "queries",
    "topics",
    "updates",
]
