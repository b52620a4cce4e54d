"""The question as people read it in a chat, with its buttons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from tapbot.inbox import outbox
from tapbot.inbox.approval_words import NO, PRESS, YES, text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import StoredStep


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Args:
        zone: In which the deadline is shown.
    """

    text: str
    details: JsonObject
    language: str
    deadline: datetime
    zone: tzinfo

    def shown_details(self) -> str:
        """The arguments, a line each."""
        return "\n".join(f"• {name}: {_show(value)}" for name, value in self.details.items())

    def message(self, *, again: bool) -> str:
        """The whole message."""
        until = f"{self.deadline.astimezone(self.zone):%d.%m.%Y %H:%M}"
        parts = [
            text("again", self.language) if again else "",
            self.text,
            self.shown_details(),
            text("until", self.language, time=until),
        ]
        return "\n\n".join(part for part in parts if part)

    def buttons(self, token: str) -> list[dict[str, str]]:
        """Yes and no."""
        return [
            {"label": text("approve", self.language), "value": f"{PRESS}{token}:{YES}"},
            {"label": text("refuse", self.language), "value": f"{PRESS}{token}:{NO}"},
        ]


def ask_in_chats(
    step: StoredStep, question: Question, token: str, chats: Iterable[Mapping[str, str]], *, again: bool
) -> None:
    """Queue the question for each chat."""
    for number, chat in enumerate(chats):
        outbox.queue_message(
            step.connection,
            step.scope,
            text=question.message(again=again),
            buttons=question.buttons(token),
            send_key=f"{step.run_id}/{step.step_key}/{number}",
            author="bot",
            run_id=step.run_id,
            now=step.now,
            bot_id=chat["bot_id"],
            channel=chat["channel"],
            chat_id=chat["chat_id"],
            to_colleague=True,
        )


def _show(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
