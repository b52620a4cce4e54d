"""A crowd in Telegram, in a process of its own: the emulator, 200 people who write, and when each reply arrives.

`replies.py` starts it. It says a line of JSON when the bot has set its webhook and answered, begins when a line comes
in, and says what it saw at the end. Half of the people book a ride step by step; the others ask what the bot knows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tapbot.emulators.telegram import deeds
from tapbot.emulators.telegram.server import create_app
from tapbot.emulators.telegram.world import World

TOKEN = "123456:" + "e" * 35
FIRST_PERSON = 1000
PATIENCE_SECONDS = 60.0
FORM = (
    ("хочу забронировать поездку", "Из какого города"),
    ("Алматы", "В какой город"),
    ("Тараз", "На какой день"),
    ("завтра в 10:00", "Сколько нужно мест"),
    ("2", "номер телефона"),
    ("+7 701 123 45 67", "Проверьте"),
    ("нет, отмена", ""),
)
"""What a passenger says to the form, and what must stand in the answer to each."""
QUESTIONS = (
    ("Можно с собакой?", "переноске"),
    ("Какой багаж можно взять?", "багаж"),
    ("Есть детское кресло?", "кресл"),
    ("Можно оплатить картой?", "карт"),
    ("Как вернуть деньги за поездку?", "возвращ"),
    ("Сколько водитель ждёт пассажира?", "жд"),
)
Say = tuple[str, str]


@dataclass
class Person:
    """Somebody in a chat of their own.

    Args:
        waits_for: When the update was made that is not answered yet, and what must stand in the answer.
    """

    user_id: int
    kind: str
    script: Iterator[Say]
    waits_for: tuple[float, str] | None = None


@dataclass
class Seen:
    """What became of the messages."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {"slot": [], "knowledge": []})
    wrong: list[str] = field(default_factory=list)
    still_waited: int = 0
    """Who had no reply yet when their turn to write came again."""


class Crowd:
    """The people, and an ASGI wrapper around the emulator that sees the bot's messages come in."""

    def __init__(self, emulator: ASGIApp, world: World, people: int, seed: int) -> None:
        self._emulator = emulator
        self._world = world
        self._chance = random.Random(seed)  # noqa: S311  # no secret
        self._people = {FIRST_PERSON + number: self._person(number) for number in range(people)}
        self.seen = Seen()

    def _person(self, number: int) -> Person:
        script, kind = (FORM, "slot") if number % 2 else (QUESTIONS, "knowledge")
        begun = cycle(script)
        if kind == "knowledge":
            for _ in range(number // 2 % len(script)):
                next(begun)
        return Person(FIRST_PERSON + number, kind, begun)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note a message of the bot when its request has come in whole."""
        if scope["type"] != "http" or not scope["path"].endswith("/sendMessage"):
            await self._emulator(scope, receive, send)
            return
        parts: list[Message] = [await receive()]
        while parts[-1].get("more_body"):
            parts.append(await receive())
        self._hear(json.loads(b"".join(part.get("body", b"") for part in parts)), time.perf_counter())
        rest = iter(parts)

        async def again() -> Message:
            return next(rest, None) or await receive()

        await self._emulator(scope, again, send)

    def _hear(self, message: dict[str, Any], at: float) -> None:
        person = self._people.get(int(message["chat_id"]))
        if person is None or person.waits_for is None:
            return  # a second message of the same answer
        since, expected = person.waits_for
        person.waits_for = None
        self.seen.milliseconds[person.kind].append((at - since) * 1000)
        if expected.casefold() not in message["text"].casefold():
            self.seen.wrong.append(f"{expected!r} is not in {message['text'][:80]!r}")

    def write(self, person: Person) -> None:
        """Say the next thing."""
        text, expected = next(person.script)
        bot = self._world.bots[TOKEN]
        person.waits_for = (time.perf_counter(), expected)
        self._world.meet_user(bot, person.user_id, {"first_name": "Aru", "language_code": "ru"})
        deeds.write(self._world, bot, person.user_id, {"text": text})

    async def warm_up(self) -> None:
        """Wait for the webhook, and for one answer of each kind."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (bot := self._world.find_bot(TOKEN)) is None or not bot.webhook.url:  # noqa: ASYNC110  # no event
                await asyncio.sleep(0.05)
            for person in list(self._people.values())[:4]:
                self.write(person)
                await self._hears(person)
        self.seen = Seen()

    async def _hears(self, person: Person) -> None:
        while person.waits_for is not None:  # noqa: ASYNC110  # one event for each of 200 people is no simpler
            await asyncio.sleep(0.01)

    async def run(self, per_second: float, seconds: float, *, random_times: bool) -> dict[str, Any]:
        """Write one person after another, at an even pace or whenever they like, and wait for the last replies."""
        due, place = time.perf_counter(), 0
        order = list(self._people.values())
        self._chance.shuffle(order)
        while place < per_second * seconds:
            due += self._chance.expovariate(per_second) if random_times else 1 / per_second
            await asyncio.sleep(due - time.perf_counter())
            person = order[place % len(order)]
            if person.waits_for is None:
                self.write(person)
            else:
                self.seen.still_waited += 1
            place += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                for person in order:
                    await self._hears(person)
        return {
            "written": place,
            "milliseconds": self.seen.milliseconds,
            "wrong": self.seen.wrong,
            "unanswered": self._waiting + self.seen.still_waited,
        }

    @property
    def _waiting(self) -> int:
        return sum(person.waits_for is not None for person in self._people.values())


def tell(news: dict[str, Any]) -> None:
    """Say a line to whoever started this."""
    print(json.dumps(news), flush=True)


async def serve(wanted: argparse.Namespace) -> None:
    """Be Telegram and its people until the crowd has had its answers."""
    emulator = create_app(tokens=frozenset({TOKEN}))
    crowd = Crowd(emulator, emulator.state.world, wanted.people, wanted.seed)
    config = uvicorn.Config(crowd, port=wanted.port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve())
        await crowd.warm_up()
        tell({"ready": True})
        await asyncio.to_thread(sys.stdin.readline)
        tell(await crowd.run(wanted.per_second, wanted.seconds, random_times=wanted.random_times))
        await asyncio.to_thread(sys.stdin.readline)
        server.should_exit = True
        await serving


def main() -> None:
    """Read what is wanted, and be the crowd."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--random-times", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
