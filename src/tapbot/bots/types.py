"""What a bot is, what a turn takes and gives, and what a turn may call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from tapbot.errors import TapbotError
from tapbot.knowledge.types import Passage

if TYPE_CHECKING:
    from tapbot.bots.guided.definition import Guided
    from tapbot.bots.handoff import DeskRules


LANGUAGES = ("kk", "ru", "en")


class ToolFailed(TapbotError):
    """A tool of a bot failed: the workflow behind it ended with an error."""

    default_code = "bots.tool_failed"


@dataclass(frozen=True)
class Limits:
    """What one turn may cost."""

    steps_per_turn: int = 12
    """Most model requests and tool calls in one turn."""
    tokens_per_turn: int = 20_000
    """Most tokens of a model in one turn, in and out together."""
    message_chars: int = 4_000
    """Longest message that is read; the rest is cut."""


@dataclass(frozen=True)
class Bot:
    """One bot, as its Markdown file says."""

    id: str
    title: Mapping[str, str]
    """Shown name by language."""
    instruction: str
    """Body of the file: what a model is told."""
    languages: tuple[str, ...] = LANGUAGES
    """Languages that it answers in; the first is the default."""
    channels: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    """Names of the workflows that it may call."""
    confirm: tuple[str, ...] = ()
    """Tools that the agent may call only after the person saw a summary and said yes."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """What a model is told about a tool; without one, the workflow's first sticky note."""
    knowledge: str | None = None
    """Folder of documents inside the project."""
    model: str | None = None
    """Name of the model; `None` lets the guided answerer speak."""
    allowed_origins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    guided: Guided | None = None
    """The guided answerer's flows; `None` when the bot has none."""
    desk: DeskRules | None = None
    """The people behind the bot; `None` when its file says nothing of them."""


@dataclass(frozen=True)
class TurnInput:
    """The messages that one turn answers, and what is known before it."""

    conversation_id: str
    turn_number: int
    language: str | None
    """Language of the turn before; `None` in the first one."""
    state: dict[str, Any]
    """State that the turn before gave back; `{}` in the first one."""
    messages: list[dict[str, Any]]
    """In order, each `{"text": str | None, "value": str | None}`; `value` is a pressed button's."""
    contact: dict[str, Any]
    """`id`, `first_name`, `phone`, `language`, `tags`; each may be missing."""
    summary: str | None = None
    """What a person did meanwhile, when they have just given the conversation back."""
    link: str | None = None
    """What the link carried by which they came last."""


@dataclass(frozen=True)
class TurnResult:
    """What one turn says and leaves behind."""

    replies: list[dict[str, Any]]
    """In order, each `{"text": str, "buttons": [{"label": str, "value": str}]}`."""
    state: dict[str, Any]
    language: str
    handoff: str | None = None
    """Why a person is called; `None` when nobody is."""
    contact: dict[str, Any] = field(default_factory=dict)
    """What the turn learned about the contact, for example `{"phone": "+77011234567"}`."""


class TurnTools(Protocol):
    """Everything that a turn may do. Each call is recorded, so that a killed turn is replayed with the same answers."""

    @property
    def now(self) -> datetime:
        """The turn's clock, aware, in the project's time zone."""

    async def run_tool(self, key: str, name: str, arguments: dict[str, Any]) -> Any:
        """Run the workflow `name` as a child run.

        Args:
            key: Name of the call, unique and repeatable within the turn.

        Raises:
            ToolFailed: The workflow ended with an error.
        """

    async def search(self, query: str, language: str) -> Sequence[Passage]:
        """Passages of the project's knowledge that answer `query`, best first; empty when none does."""

    def text(self, key: str, language: str, **values: object) -> str:
        """The text `key` of `messages/*.yaml`, filled with `values`."""

    def entities(self, collection: str) -> Sequence[Mapping[str, Any]]:
        """Rows of a small collection that slots choose from."""

    async def model_step(self, key: str, request: dict[str, Any], call: Callable[[], Awaitable[Any]]) -> Any:
        """Make a model request once and record it."""
