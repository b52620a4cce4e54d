"""One turn in the making: the state, what has been said so far, and the tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tapbot.bots.guided.definition import Guided
from tapbot.bots.guided.reading import Reader
from tapbot.bots.guided.state import State
from tapbot.bots.guided.values import is_whole, show_value, to_datetime
from tapbot.bots.types import Bot, TurnInput, TurnTools

Button = dict[str, str]
SEEN = {
    "voice": {
        "kk": "Дауыстық хабарламаны тыңдай алмаймын. Мәтінмен жазып жіберіңізші.",
        "ru": "Я не могу прослушать голосовое сообщение. Напишите, пожалуйста, текстом.",
        "en": "I cannot listen to voice messages. Please write it as text.",
    },
    "file": {
        "kk": "Файлыңыз келді, оны қызметкер көре алады.",
        "ru": "Файл получен, его может посмотреть сотрудник.",
        "en": "Your file has arrived; a person can look at it.",
    },
}


@dataclass
class Talk:
    """What the functions of a turn share."""

    bot: Bot
    guided: Guided
    turn: TurnInput
    tools: TurnTools
    reader: Reader
    state: State
    language: str
    said: list[str] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    confirmed: bool = False
    """The summary was accepted, and nothing was changed since."""
    quiet: bool = False
    """Nothing more is to be asked in this turn."""
    handoff: str | None = None
    contact: dict[str, Any] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def say(self, key: str, **values: object) -> None:
        """Add a text to the reply."""
        text = self.text(key, **values)
        if text not in self.said:
            self.said.append(text)

    def note_file(self, kind: str) -> None:
        """Say that a file came, and that a person can look at it: without a model nobody here can."""
        seen = SEEN["voice" if kind == "voice" else "file"][self.language]
        if seen in self.said or any(message.get("text") for message in self.turn.messages):
            return
        self.said.append(seen)
        if self.state.flow is None:
            self.state.person_offered, self.quiet = True, True
            self.offer((self.text("button.person"), "person:yes"), (self.text("button.no_person"), "person:no"))

    def text(self, key: str, **values: object) -> str:
        """A text in the turn's language."""
        safe = {name: value for name, value in values.items() if name not in {"key", "language", "self"}}
        return self.tools.text(key, self.language, **safe)

    def offer(self, *buttons: tuple[str, str]) -> None:
        """Put buttons below the reply: label and value of each."""
        self.buttons = [{"label": label, "value": value} for label, value in buttons]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run a tool under a key that is the same when the turn is replayed.

        Raises:
            ToolFailed: The workflow failed.
        """
        self.calls[name] += 1
        result = await self.tools.run_tool(f"{name}:{self.calls[name]}", name, dict(arguments))
        return first_object(result)

    def arguments(self, slots: Mapping[str, Any]) -> dict[str, Any]:
        """Slot values as a tool takes them; what is not whole is left out."""
        given: dict[str, Any] = {}
        for name, value in slots.items():
            if self.guided.slots[name].type == "datetime":
                if is_whole(value):
                    given[name] = to_datetime(value, self.tools.now).isoformat()
            elif value is not None:
                given[name] = value
        return given

    def identity(self) -> dict[str, Any]:
        """Who asks and in which turn, for tools that do something."""
        return {
            "contact_id": self.turn.contact.get("id"),
            "conversation_id": self.turn.conversation_id,
            "request_id": f"{self.turn.conversation_id}:{self.turn.turn_number}",
            "language": self.language,
        }

    def names(self) -> dict[str, str]:
        """Shown names of the entities by id, in the turn's language."""
        collections = {slot.collection: slot.key for slot in self.guided.slots.values() if slot.type == "entity"}
        return {
            str(row[key]): str(row.get(f"name_{self.language}") or row.get("name") or row[key])
            for collection, key in sorted(collections.items())
            for row in self.tools.entities(collection)
        }

    def show(self, *sources: Mapping[str, Any] | None) -> dict[str, str]:
        """Values of forms and results as a person reads them; later sources win."""
        names = self.names()
        return {
            name: show_value(name, value, self.language, names, self.tools.now)
            for source in sources
            for name, value in (source or {}).items()
        }


def first_object(result: Any) -> dict[str, Any]:
    """A tool's answer as one object: workflows answer with a list of items."""
    if isinstance(result, Sequence) and not isinstance(result, str | bytes):
        result = result[0] if result else {}
    if isinstance(result, Mapping):
        inner = result.get("json")
        return dict(inner) if isinstance(inner, Mapping) and len(result) <= 3 else dict(result)
    return {}
