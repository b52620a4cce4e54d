"""WhatsApp's templates: what became of those that were handed in, and handing in another."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from tapbot.channels.types import Channel
from tapbot.channels.whatsapp.templates import VARIABLE, Templates
from tapbot.errors import InvalidInput, NotFound
from tapbot.storage.types import Scope

CHANNEL = "whatsapp"
NAME = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
LONGEST_TEXT = 1024
"""Source: https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components."""


@runtime_checkable
class TemplatedChannel(Protocol):
    """A channel that has templates, as WhatsApp's."""

    @property
    def templates(self) -> Templates:
        """Those of its account."""


@dataclass(frozen=True, slots=True)
class TemplateDesk:
    """The templates of one project's bots.

    Args:
        channels: By scope, bot and kind; `None` where no server runs that could ask WhatsApp.
    """

    scope: Scope
    channels: Mapping[tuple[Scope, str, str], Channel] | None

    async def list_all(self, bot: str) -> list[dict[str, Any]]:
        """All of them, with what the review said."""
        return [
            {
                "name": one.name,
                "language": one.language,
                "status": one.status,
                "category": one.category,
                "text": next((part.text for part in one.components if part.type.upper() == "BODY"), ""),
                "reason": None if one.rejected_reason in {"", "NONE"} else one.rejected_reason,
            }
            for one in await self._of(bot).read_all()
        ]

    async def submit(self, bot: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Hand one in for review, in one language."""
        name, language, text, category, example = (
            str(given.get(key) or "").strip() for key in ("name", "language", "text", "category", "example")
        )
        _check(name, language, text, category, example)
        made = await self._of(bot).submit(name, language, text, category=category, example=example)
        return {"id": made, "name": name, "language": language, "status": "PENDING"}

    def _of(self, bot: str) -> Templates:
        if self.channels is None:
            raise InvalidInput(
                "no server runs here that could ask WhatsApp.", code="template.no_server", hint="Start it: tapbot up."
            )
        channel = self.channels.get((self.scope, bot, CHANNEL))
        if not isinstance(channel, TemplatedChannel):
            raise NotFound(f"the bot {bot!r} has no WhatsApp channel.", code="channel.not_configured", place=bot)
        return channel.templates


def _check(name: str, language: str, text: str, category: str, example: str) -> None:
    """Refuse what WhatsApp would refuse, before it counts against the account.

    Raises:
        InvalidInput: It breaks a rule of templates.
    """
    found = VARIABLE.findall(text)
    problems = {
        "name": None if NAME.fullmatch(name) else "a name has small Latin letters, digits and '_'",
        "language": None if LANGUAGE.fullmatch(language) else "a language is written as kk, ru, en or en_US",
        "category": None if category in CATEGORIES else f"a category is one of {', '.join(CATEGORIES)}",
        "text": _wrong_text(text, found),
        "example": "a text with a variable needs an example of its value, for the reviewer"
        if found and not example
        else None,
    }
    for place, problem in problems.items():
        if problem is not None:
            raise InvalidInput(f"{problem}.", code="template.not_valid", place=place)


def _wrong_text(text: str, found: list[str]) -> str | None:
    if not text or len(text) > LONGEST_TEXT:
        return f"a text has 1 to {LONGEST_TEXT} letters"
    if len(set(found)) > 1 or any(one != "{{1}}" for one in found):
        return "a text has at most one variable, written {{1}}, which takes what is to be said"
    if found and (text.startswith("{{") or text.endswith("}}")):
        return "a variable stands neither first nor last in a text"
    return None


class WithChannels(Protocol):
    """Whatever knows the channels of a running server, as `api.desk.Desk` does."""

    @property
    def channels(self) -> Mapping[tuple[Scope, str, str], Channel] | None:
        """By scope, bot and kind."""


def made(known: WithChannels, scope: Scope) -> TemplateDesk:
    """The templates of one project."""
    return TemplateDesk(scope, known.channels)


def _list(desk: TemplateDesk, args: Mapping[str, Any]) -> Awaitable[Any]:
    return desk.list_all(str(args.get("bot") or ""))


def _submit(desk: TemplateDesk, args: Mapping[str, Any]) -> Awaitable[Any]:
    return desk.submit(str(args.get("bot") or ""), args)


ANSWERS: Mapping[str, Callable[[TemplateDesk, Mapping[str, Any]], Awaitable[Any]]] = {
    "templates.list": _list,
    "templates.submit": _submit,
}
