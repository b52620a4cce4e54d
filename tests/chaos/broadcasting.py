"""A broadcast to a crowd in Telegram, with kills: everybody who agreed gets it once, and Telegram's limits are kept.

Telegram's limits are counted twice: at a door before the emulator, in every second that may be chosen, and from the
dates that the emulator gives its messages.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from sqlalchemy import Connection, text
from starlette.types import Message, Receive, Scope, Send
from tests.chaos import telegram as telegrams
from tests.chaos.process import HTTP, TapbotProcess, free_port
from tests.chaos.rooms import BOT, make_project

from tapbot.emulators.telegram.server import create_app
from tapbot.inbox import contacts, store
from tapbot.inbox.types import Arrival
from tapbot.storage import types as storage
from tapbot.storage.database import SqliteDatabase

PROJECT = storage.Scope("small", "dev")
LANGUAGES = ("kk", "ru", "en")
GREETINGS = {"kk": "Сәлем", "ru": "Привет", "en": "Hello"}
FIRST_USER = 1_000_000
A_SECOND, A_CHAT = 30, 1
EVERY_REFUSING, EVERY_BLOCKING = 10, 50
"""So many people did not agree, and so many blocked the bot."""
SEEDED_AT_ONCE = 200
SECONDS_A_PERSON = 0.2
LONGEST_START_SECONDS = 90.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How many people there are, and how often the server is killed meanwhile."""

    people: int
    kills: int


@dataclass(slots=True)
class Verdict:
    """What became of it."""

    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


class Door:
    """Stands before the emulator, and notes when each message came and what was answered."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.sent: list[float] = []
        self.refused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call through."""
        sending = scope["type"] == "http" and scope["path"].endswith("/sendMessage")
        if sending:
            self.sent.append(time.monotonic())

        async def look(message: Message) -> None:
            if sending and message["type"] == "http.response.start" and message["status"] == 429:
                self.refused += 1
            await send(message)

        await self._app(scope, receive, look)

    @property
    def most_a_second(self) -> int:
        """The most messages within any second."""
        most, first = 0, 0
        for last, at in enumerate(self.sent):
            while self.sent[first] <= at - 1:
                first += 1
            most = max(most, last - first + 1)
        return most


@contextmanager
def watched_telegram() -> Iterator[tuple[str, Door]]:
    """Run the emulator behind a door, in a thread; gives its address."""
    port, door = free_port(), Door(create_app())
    config = uvicorn.Config(door, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    emulator = uvicorn.Server(config)
    thread = threading.Thread(target=emulator.run, name="telegram")
    thread.start()
    while not emulator.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}", door
    finally:
        emulator.should_exit = True
        thread.join(30)


def language_of(number: int) -> str:
    """What a person speaks."""
    return LANGUAGES[number % len(LANGUAGES)]


def agreed(number: int) -> bool:
    """Whether a person wants broadcasts."""
    return number % EVERY_REFUSING != 0


def blocks(number: int) -> bool:
    """Whether a person blocked the bot meanwhile."""
    return number % EVERY_BLOCKING == 1


def over_telegram(home: Path, size: Size) -> Verdict:
    """Write to everybody who agreed."""
    project = make_project(home / "small", [], {"bots/taxi.md": BOT})
    with watched_telegram() as (telegram, door):
        server = TapbotProcess(home / "data", project=str(project))
        telegrams.connect(server, telegram, "webhook")
        try:
            server.start()
            server.stop()
            asyncio.run(seed(server.data / "tapbot.db", size.people))
            meet(telegram, size.people)
            server.start()
            began = time.monotonic()
            broadcast_id = begin(server, home)
            kills = wait_until_done(server, telegram, broadcast_id, size)
            verdict = judge(server, telegram, door, broadcast_id, size)
            verdict.figures |= {"kills": kills, "seconds": round(time.monotonic() - began)}
            return verdict
        finally:
            server.kill()


async def seed(path: Path, people: int) -> None:
    """Let people have written, and most of them have agreed."""
    database = SqliteDatabase(path)
    now = datetime.now(UTC)

    def come(db: Connection, numbers: range) -> None:
        for number in numbers:
            user = str(FIRST_USER + number)
            said = Arrival("taxi", "telegram", user, "m1", "hi", None, user, f"Person {number}", None)
            kept = store.accept(db, PROJECT, said, now=now)
            store.mark_done(db, PROJECT, kept.inbound_id)
            found = text("SELECT contact_id FROM conversations WHERE conversation_id = :id")
            contact_id = db.execute(found, {"id": kept.conversation_id}).scalar_one()
            fields = {"city": "{{phone}}" if number % 7 == 0 else "Almaty", "rides": number % 5}
            change = {"language": language_of(number)}
            contacts.change_contact(db, PROJECT, contact_id, change, fields=fields, now=now)
            if agreed(number):
                contacts.note_consent(
                    db, PROJECT, contact_id, "marketing", granted=True, source="form", at=now, now=now
                )

    for first in range(0, people, SEEDED_AT_ONCE):
        numbers = range(first, min(first + SEEDED_AT_ONCE, people))
        await database.write("test.seed", lambda db, numbers=numbers: come(db, numbers))
    await database.close()


def meet(telegram: str, people: int) -> None:
    """Open everybody's chat in Telegram; some block the bot."""
    for number in range(people):
        url = f"{telegram}/emulator/{telegrams.TOKEN}/users/{FIRST_USER + number}/block"
        HTTP.post(url, json={"blocked": blocks(number), "first_name": f"Person {number}"}).raise_for_status()


def begin(server: TapbotProcess, home: Path) -> str:
    """Make a broadcast from a file, as people do, and start it."""
    texts = {language: f"{word}, {{{{name}}}}! City: {{{{city|?}}}}" for language, word in GREETINGS.items()}
    segment = [{"field": "rides", "op": "gte", "value": 1}]
    written = {"name": "Spring", "bot": "taxi", "purpose": "marketing", "texts": texts, "segment": segment}
    file = home / "spring.yaml"
    file.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    broadcast_id = str(server.ask("broadcast", "create", str(file))["id"])
    server.ask("broadcast", "start", broadcast_id)
    return broadcast_id


def wait_until_done(server: TapbotProcess, telegram: str, broadcast_id: str, size: Size) -> int:
    """Kill now and then, decide what is in doubt; gives the number of kills."""
    deadline = time.monotonic() + LONGEST_START_SECONDS + size.people * SECONDS_A_PERSON
    kills = 0

    def arrived(chat_id: str, said: str) -> bool:
        return said.strip() in [message["text"] for message in heard(telegram, int(chat_id))]

    while time.monotonic() < deadline:
        shown = server.ask("broadcast", "show", broadcast_id)
        sent = sum(shown["messages"].get(state, 0) for state in ("sent", "failed", "in_doubt"))
        if kills < size.kills and sent >= (kills + 1) * size.people // (size.kills + 2):
            server.kill()
            server.start()
            kills += 1
        server.decide_doubts(arrived)
        if shown["status"] == "done" and not {"in_doubt", "queued"} & shown["messages"].keys():
            return kills
        time.sleep(1)
    return kills


def heard(telegram: str, user_id: int) -> list[Json]:
    """What the bot said to somebody, as they see it."""
    answer = HTTP.get(f"{telegram}/emulator/{telegrams.TOKEN}/chats/{user_id}")
    messages: list[Json] = answer.json()["messages"] if answer.status_code == 200 else []
    return [message for message in messages if message["author"] == "bot"]


def wanted_text(number: int) -> str:
    """What a person is to read; what stands in a field is no placeholder."""
    city = "{{phone}}" if number % 7 == 0 else "Almaty"
    return f"{GREETINGS[language_of(number)]}, Person {number}! City: {city}"


def judge(server: TapbotProcess, telegram: str, door: Door, broadcast_id: str, size: Size) -> Verdict:
    """Look into every chat, and at how fast the messages came."""
    verdict = Verdict()
    dates: Counter[int] = Counter()
    reached = 0
    for number in range(size.people):
        said = heard(telegram, FIRST_USER + number)
        dates.update(message["date"] for message in said)
        chosen = agreed(number) and number % 5 >= 1 and not blocks(number)
        texts = [message["text"] for message in said]
        if texts != ([wanted_text(number)] if chosen else []):
            verdict.violations.append(f"person {number} read {texts}")
        reached += len(said)
    shown = server.ask("broadcast", "show", broadcast_id)
    if shown["status"] != "done":
        verdict.violations.append(f"it is {shown['status']}: {shown['messages']}")
    if shown["messages"].get("sent", 0) != reached:
        verdict.violations.append(f"{reached} were read, of {shown['messages']}")
    within_a_second = max(door.most_a_second, max(dates.values(), default=0))
    if within_a_second > A_SECOND:
        verdict.violations.append(f"{within_a_second} messages within a second")
    if door.refused:
        verdict.violations.append(f"{door.refused} messages were refused with 429")
    kept = {"people": size.people, "read": reached, **shown["messages"], "left out": sum(shown["left_out"].values())}
    verdict.figures = kept | {"most a second": within_a_second, "429": door.refused}
    return verdict
