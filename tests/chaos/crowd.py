"""A crowd books rides over a channel that doubles, swaps, refuses and loses, while processes are killed -9.

Each passenger holds the booking dialogue of the first conversation with a phone number of their own. A reply of which
nobody knows whether it arrived is looked at by a person, who has the chat before them, and decided: the one allowed
doubt.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.chaos.dialogues import DIALOGUES

PHONE = "87011234567"
CALM_SECONDS = 90.0
LOOK_SECONDS = 2.0
GLANCE_SECONDS = 0.2
LEFT = {
    "messages that no turn answered": "SELECT count(*) FROM inbound WHERE status <> 'done'",
    "replies that are not sent": "SELECT count(*) FROM outbox WHERE status <> 'sent'",
    "runs that did not succeed": "SELECT count(*) FROM runs WHERE status <> 'succeeded'",
}
RIDES = "SELECT phone, from_city, to_city, seats, status FROM {table}"
SAID = (
    "SELECT c.chat_id, replace(m.text, chr(10), ' ') FROM messages m JOIN conversations c "
    "ON c.conversation_id = m.conversation_id WHERE m.author = 'bot' ORDER BY m.position"
)


class Passenger(Protocol):
    """Somebody in the channel."""

    @property
    def chat_id(self) -> str:
        """Their chat, as the bot knows it."""

    @property
    def heard(self) -> list[str]:
        """What the bot said, as they see it."""

    def say(self, text: str) -> Any:
        """Write, and wait for news."""


class Place(Protocol):
    """What is killed: one process, or several."""

    def kill_one(self, chance: random.Random) -> None:
        """Kill -9 a process, and start it again."""

    def ask(self, *command: str) -> Any:
        """The JSON of a command over the same data."""

    def rows(self, query: str) -> list[list[str]]:
        """Rows of the database."""

    def rides(self) -> str:
        """Name of the table of rides."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is.

    Args:
        updates: Messages of passengers; a dialogue has four.
        at_once: Passengers who are in the middle of a dialogue.
    """

    updates: int
    kills: int
    at_once: int
    seed: int = 7


@dataclass(slots=True)
class Verdict:
    """What became of it."""

    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


class Patient:
    """For passengers, the server: somebody else starts it again and decides what is in doubt."""

    def revive(self) -> bool:
        """It is not for a passenger to do, who looks again after a while."""
        time.sleep(GLANCE_SECONDS)
        return False

    def decide_doubts(self, _arrived: Callable[[str, str], bool]) -> int:
        """See `revive`."""
        return 0

    def log_tail(self) -> str:
        """For a failing passenger."""
        return "see the logs of the processes"


class Crowd:
    """Passengers, a person at the desk, and whoever kills.

    Args:
        person: Makes the passenger of a number.
        order: Orders a fault of the channel, as its emulator takes it.
        sending: The call in which the channel's messages go out.
    """

    def __init__(
        self, place: Place, person: Callable[[int], Passenger], order: Callable[..., None], sending: str, size: Size
    ) -> None:
        self._place, self._person, self._order, self._sending, self._size = place, person, order, sending, size
        self._people: dict[str, Passenger] = {}
        self._stirring = threading.Lock()  # nobody asks while a process is being killed and started
        self._said = 0
        self._counting = threading.Lock()
        self._over = threading.Event()
        self._doubts: Counter[str] = Counter()
        self._gave_up: list[str] = []
        self._looks, self._blind = 0, ""
        self.faults: Counter[str] = Counter()
        self._last_swap = size.updates - 2 * size.at_once
        """What is held back to be swapped needs others to come after it."""

    def run(self) -> Verdict:
        """Let everybody write, then look at everything."""
        began = time.monotonic()
        helpers = [threading.Thread(target=work) for work in (self._decide_doubts, self._kill)]
        for helper in helpers:
            helper.start()
        with ThreadPoolExecutor(self._size.at_once) as people:
            list(people.map(self._book, range(self._size.updates // 4)))
        self._calm_down()
        self._over.set()
        for helper in helpers:
            helper.join()
        return self._judge(time.monotonic() - began)

    def _book(self, number: int) -> None:
        """One dialogue."""
        texts = list(DIALOGUES.values())[number % len(DIALOGUES)]
        person = self._person(number)
        self._people[person.chat_id] = person
        try:
            for text in texts:
                self._disturb()
                person.say(f"8701{number:07d}" if text == PHONE else text)
        except AssertionError as error:
            self._gave_up.append(f"{person.chat_id}: {str(error)[:200]}")

    def _disturb(self) -> None:
        """Of each hundred messages ten are doubled and five swapped; calls are refused and answers are lost."""
        with self._counting:
            self._said += 1
            said = self._said
        for every, fault in (
            (10, {"kind": "duplicate"}),
            (20, {"kind": "reorder"}),
            (33, {"kind": "429", "method": self._sending, "seconds": 1}),
            (47, {"kind": "lost_answer", "method": self._sending}),
            (71, {"kind": "500", "method": self._sending}),
        ):
            if said % every == 0 and (said < self._last_swap or fault["kind"] != "reorder"):
                self._order(**fault)
                self.faults[str(fault["kind"])] += 1

    def _kill(self) -> None:
        chance = random.Random(self._size.seed)  # noqa: S311  # a replayable schedule, no secret
        steps = self._size.updates / (self._size.kills + 1)
        for number in range(1, self._size.kills + 1):
            while self._said < number * steps and not self._over.is_set():
                time.sleep(0.02)
            time.sleep(chance.random() * 0.3)
            if self._over.is_set():
                return
            with self._stirring:
                self._place.kill_one(chance)
            self._doubts["kills"] += 1

    def _decide_doubts(self) -> None:
        """Look at what is in doubt, and into its chat."""
        while not self._over.wait(LOOK_SECONDS):
            with self._stirring:
                try:
                    doubts = self._place.ask("messages", "list", "--status", "in_doubt", "--limit", "1000")
                except (AssertionError, TimeoutError) as error:
                    self._blind = str(error)[:300]
                    continue
                self._looks += 1
                with contextlib.suppress(AssertionError, TimeoutError):  # the channel told meanwhile what became of it
                    for one in doubts:
                        self._decide(one)

    def _decide(self, one: dict[str, Any]) -> None:
        person = self._people.get(one["chat_id"])
        arrived = person is not None and one["text"].strip() in [text.strip() for text in person.heard]
        self._place.ask("messages", "arrived" if arrived else "resend", one["message_id"])
        self._doubts["arrived" if arrived else "not arrived"] += 1

    def _calm_down(self) -> None:
        deadline = time.monotonic() + CALM_SECONDS
        while time.monotonic() < deadline:
            with self._stirring, contextlib.suppress(Exception):
                if all(self._place.rows(query) == [["0"]] for query in LEFT.values()):
                    return
            time.sleep(0.3)

    def _judge(self, seconds: float) -> Verdict:
        verdict = Verdict()
        dialogues = self._size.updates // 4
        verdict.violations += [f"gave up: {told}" for told in self._gave_up]
        if not self._looks and self._blind:
            verdict.violations.append(f"nobody could look at what is in doubt: {self._blind}")
        for what, query in LEFT.items():
            count = int(self._place.rows(query)[0][0])
            if count:
                verdict.violations.append(f"{what}: {count}")
        wanted = {f"+7701{number:07d}" for number in range(dialogues)}
        rides = self._place.rows(RIDES.format(table=self._place.rides()))
        booked = Counter(phone for phone, *_ in rides)
        verdict.violations += [f"no ride for {phone}" for phone in sorted(wanted - set(booked))]
        verdict.violations += [f"{count} rides for {phone}" for phone, count in booked.items() if count > 1]
        verdict.violations += [f"a wrong ride: {row}" for row in rides if row[1:] != ["almaty", "taraz", "2", "booked"]]
        verdict.violations += self._compare_chats()
        inbound = int(self._place.rows("SELECT count(*) FROM inbound")[0][0])
        if inbound != self._said:
            verdict.violations.append(f"{self._said} messages were written, {inbound} are kept")
        kept = {"updates": self._said, "rides": len(rides), **self.faults, **self._doubts, "seconds": round(seconds)}
        verdict.figures = kept
        return verdict

    def _compare_chats(self) -> Iterator[str]:
        """Each chat saw what the bot said, in that order, once."""
        said: dict[str, list[str]] = {}
        for chat_id, text in self._place.rows(SAID):
            said.setdefault(chat_id, []).append(" ".join(text.split()))
        for chat_id, person in self._people.items():
            heard = [" ".join(text.split()) for text in person.heard]
            if heard != said.get(chat_id, []):
                yield f"chat {chat_id} saw {len(heard)} messages, the bot said {len(said.get(chat_id, []))}"


def roomy_taxi(taxi: Path, folder: Path) -> Path:
    """The taxi example, with room for a crowd in one hour."""
    shutil.copytree(taxi, folder)
    tariffs = folder / "seed" / "tariffs.csv"
    head, *lines = tariffs.read_text("utf-8").splitlines()
    wide = [f"{line.rsplit(',', 1)[0]},100000" for line in lines]
    tariffs.write_text("\n".join([head, *wide, ""]), "utf-8")
    return folder
