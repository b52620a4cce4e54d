"""Between a client and the Telegram emulator: what was called, and what in the answers is not as the Bot API has it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tapbot.emulators.telegram.facts import Facts, load_facts

PLAIN: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (float, int),
    "String": (str,),
    "Boolean": (bool,),
    "InputFile": (str,),
}


@dataclass
class Strict:
    """Passes calls on and looks at the answers.

    Args:
        called: Methods that were answered.
        wrong: What an answer has that the specification does not allow.
    """

    app: ASGIApp
    called: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""

        async def look(message: Message) -> None:
            nonlocal body
            body += message.get("body", b"")
            await send(message)

        await self.app(scope, receive, look)
        if scope["type"] == "http" and scope["path"].startswith("/bot"):
            self._check(scope["path"].rpartition("/")[2], json.loads(body))

    def _check(self, method: str, answer: dict[str, Any]) -> None:
        if answer["ok"]:
            self.called.add(method)
            facts = load_facts()
            self.wrong += find_wrong(facts, facts.answers[method], answer["result"], method)


def find_wrong(facts: Facts, written: str, value: Any, place: str) -> list[str]:
    """What in a value is not as the specification has it: a missing, foreign or wrong-typed field."""
    found: list[list[str]] = [_find_one(facts, kind, value, place) for kind in written.lstrip("!").split("|")]
    return min(found, key=len)


def _find_one(facts: Facts, kind: str, value: Any, place: str) -> list[str]:
    if kind.startswith("[]"):
        if not isinstance(value, list):
            return [f"{place} is no list"]
        return [wrong for item in value for wrong in find_wrong(facts, kind[2:], item, f"{place}[]")]
    if kind in PLAIN:
        fits = isinstance(value, PLAIN[kind]) and isinstance(value, bool) == (kind == "Boolean")
        return [] if fits else [f"{place} is no {kind}"]
    described = facts.types[kind]
    if isinstance(described, list):
        return find_wrong(facts, "|".join(described), value, place)
    if not isinstance(value, dict):
        return [f"{place} is no {kind}"]
    wrong = [f"{place}.{name} is not in {kind}" for name in value.keys() - described.keys()]
    for name, types in described.items():
        if name in value:
            wrong += find_wrong(facts, types, value[name], f"{place}.{name}")
        elif types.startswith("!"):
            wrong.append(f"{place}.{name} is missing")
    return wrong
