"""The question as people read it in a chat, with its buttons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from tapbot.inbox import approvals, outbox
from tapbot.inbox.approval_words import NO, PRESS, YES, text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import StoredStep

WITHOUT_BUTTONS = frozenset({"email", "sms"})
"""Channels in which nothing can be pressed: there the message has the address of a page."""


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

    def arguments(self) -> list[tuple[str, str]]:
        """What is decided on, as people read it."""
        return [(name, _show(value)) for name, value in self.details.items()]

    def shown_details(self) -> str:
        """The arguments, a line each."""
        return "\n".join(f"• {name}: {value}" for name, value in self.arguments())

    def until(self) -> str:
        """By when it is to be decided."""
        return text("until", self.language, time=f"{self.deadline.astimezone(self.zone):%d.%m.%Y %H:%M}")

    def message(self, *, again: bool) -> str:
        """The whole message."""
        parts = [
            text("again", self.language) if again else "",
            self.text,
            self.shown_details(),
            self.until(),
        ]
        return "\n\n".join(part for part in parts if part)

    def buttons(self, token: str) -> list[dict[str, str]]:
        """Yes and no."""
        return [
            {"label": text("approve", self.language), "value": f"{PRESS}{token}:{YES}"},
            {"label": text("refuse", self.language), "value": f"{PRESS}{token}:{NO}"},
        ]


def ask_in_chats(
    step: StoredStep,
    question: Question,
    approval_id: str,
    token: str,
    chats: Iterable[Mapping[str, str]],
    *,
    again: bool,
) -> None:
    """Queue the question for each chat: with buttons, or with the address of a page that has them."""
    for number, chat in enumerate(chats):
        said, linked = question.message(again=again), chat["channel"] in WITHOUT_BUTTONS
        if linked:
            address = f"{approval_id}.{approvals.link_key(token, chat)}"
            here = f"{step.public_url}/p/{step.scope.project_id}/{step.scope.environment}/decide/{address}"
            said = f"{said}\n\n{text('page', question.language)}\n{here}"
        outbox.queue_message(
            step.connection,
            step.scope,
            text=said,
            buttons=[] if linked else question.buttons(token),
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
