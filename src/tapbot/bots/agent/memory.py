"""What the agent remembers between turns: a bounded list of plain messages, and what waits for a yes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

KEY = "agent"
"""Its place in the conversation's state; the rest of the state is the guided answerer's."""
MOST_MESSAGES, MOST_CHARS, LONGEST_TEXT = 30, 16_000, 4_000
GUIDED, AGENT = "guided", "agent"

Entry = dict[str, Any]
"""`{"role": "user", "text"}`, `{"role": "model", "text", "calls": [{"id", "name", "arguments"}]}`, or
`{"role": "tool", "id", "name", "text"}`. Ours, so that a newer model library reads an older conversation."""


@dataclass
class Pending:
    """A call that waits for a yes: exactly these arguments and no others."""

    tool: str
    arguments: dict[str, Any]
    """As the workflow will get them, the ones of ours included."""
    call_id: str
    """The model's call that asked for it."""
    summary: str
    """What the person was shown."""
    digest: str

    @classmethod
    def of(cls, tool: str, arguments: dict[str, Any], call_id: str, summary: str) -> Pending:
        """Bind a call to the hash of its arguments."""
        return cls(tool, arguments, call_id, summary, digest_of(tool, arguments))

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are still those that were shown."""
        return self.digest == digest_of(self.tool, self.arguments)


@dataclass
class Memory:
    """The agent's part of a conversation's state."""

    messages: list[Entry] = field(default_factory=list)
    pending: Pending | None = None
    answered_by: str = AGENT
    """Who spoke last: buttons of the guided answerer go back to it."""
    guided: dict[str, Any] = field(default_factory=dict)
    """The guided answerer's own state."""

    def to_state(self) -> dict[str, Any]:
        """The whole state of the conversation."""
        kept: dict[str, Any] = {"messages": bound(self.messages), "by": self.answered_by}
        if self.pending:
            kept["pending"] = asdict(self.pending)
        return {**self.guided, KEY: kept}

    def settle(self, text: str) -> None:
        """Give the waiting call its result, so that the conversation goes on."""
        if self.pending is not None:
            name, call_id = self.pending.tool, self.pending.call_id
            self.messages.append({"role": "tool", "id": call_id, "name": name, "text": text[:LONGEST_TEXT]})
            self.pending = None

    def add(self, heard: str, said: str) -> None:
        """Note an exchange that the model had no part in."""
        self.messages.append({"role": "user", "text": heard[:LONGEST_TEXT]})
        self.messages.append({"role": "model", "text": said[:LONGEST_TEXT], "calls": []})


def load_memory(state: Mapping[str, Any]) -> Memory:
    """The memory of the turn before; what cannot be read is forgotten."""
    kept = state.get(KEY) or {}
    waiting = kept.get("pending")
    pending = Pending(**waiting) if isinstance(waiting, Mapping) else None
    guided = {name: value for name, value in state.items() if name != KEY}
    return Memory(list(kept.get("messages") or []), pending, str(kept.get("by") or AGENT), guided)


def digest_of(tool: str, arguments: Mapping[str, Any]) -> str:
    """Short hash of a call, as it stands in a button's value (Telegram allows 64 bytes there)."""
    return hashlib.sha256(msgspec.json.encode([tool, arguments], order="sorted")).hexdigest()[:16]


def bound(messages: list[Entry]) -> list[Entry]:
    """The last messages within the limits, beginning with the person's, so that no result lacks its call."""
    kept: list[Entry] = []
    chars = 0
    for entry in reversed(messages[-MOST_MESSAGES:]):
        chars += len(entry.get("text") or "") + sum(len(call["arguments"]) for call in entry.get("calls") or [])
        if chars > MOST_CHARS and kept:
            break
        kept.insert(0, entry)
    first = next((index for index, entry in enumerate(kept) if entry["role"] == "user"), len(kept))
    return kept[first:]
