"""What a dialogue remembers between turns: plain JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

CONFIRM, PICK, EDIT = "confirm", "pick", "edit"
"""What may be asked beside a slot."""


@dataclass
class State:
    """The dialogue's memory."""

    flow: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    """Values by slot; a date and time is `{"date", "time", "part"}`."""
    asked: str | None = None
    """A slot, `confirm`, `pick` or `edit`."""
    wants_estimate: bool = False
    """The price was asked for and not told yet."""
    person_offered: bool = False
    misses: int = 0
    """Messages in a row that were not understood."""
    options: list[dict[str, Any]] | None = None
    """Things of the contact to choose from, in a pick flow."""
    picked: dict[str, Any] | None = None
    quoted: dict[str, Any] | None = None
    """What the estimate said for the summary that is being confirmed."""
    greeted: bool = False
    reopened: str | None = None
    """A slot with a value that is to be asked again."""
    wants_list: str | None = None
    """A list flow that is told in this turn."""
    mentioned: dict[str, Any] = field(default_factory=dict)
    """Values in the message that began a pick flow, to find the thing by."""

    def begin(self, flow: str) -> None:
        """Start a flow afresh."""
        self.flow, self.slots, self.asked = flow, {}, None
        self.reopened, self.mentioned = None, {}
        self.options, self.picked, self.quoted, self.wants_estimate = None, None, None, False

    def end(self) -> None:
        """Leave the flow."""
        self.begin("")
        self.flow = None

    def to_json(self) -> dict[str, Any]:
        """The state without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in (None, {}, [], False, 0)}


def load_state(data: dict[str, Any]) -> State:
    """The state of the turn before; keys of an older form are left out."""
    known = State.__dataclass_fields__
    return State(**{name: value for name, value in data.items() if name in known})
