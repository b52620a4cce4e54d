"""A small real world for dialogues of the taxi bot: tools over a list of rides, the example's texts and gazetteer."""

from __future__ import annotations

import csv
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from tapbot.bots.definition import parse_bot
from tapbot.bots.guided import answer
from tapbot.bots.types import Bot, ToolFailed, TurnInput, TurnResult
from tapbot.knowledge.documents import parse_documents
from tapbot.knowledge.search import KnowledgeBase
from tapbot.knowledge.types import Passage
from tapbot.project.texts import read_texts

TAXI = Path(__file__).parents[3] / "examples" / "taxi"
NOW = datetime.fromisoformat("2026-03-04T10:00:00+05:00")
PRICES = {
    ("almaty", "taraz"): (7000, 500, 390),
    ("taraz", "almaty"): (7000, 500, 390),
    ("almaty", "shymkent"): (9000, 700, 540),
}

BOOKING = {
    "ru": ("Здравствуйте, сколько стоит до Тараза из Алматы?", "нас двое, завтра в 8 утра", "87011234567", "да"),
    "kk": ("Сәлеметсіз бе, Алматыдан Таразға дейін қанша тұрады?", "екеуміз, ертең таңғы сегізде", "87011234567", "иә"),
    "en": ("Hello, how much is it from Almaty to Taraz?", "two of us, tomorrow 8am", "87011234567", "yes"),
}
SUMMARY = {"ru": "5 марта, четверг, 08:00", "kk": "5 наурыз, бейсенбі, 08:00", "en": "Thursday, 5 March, 08:00"}


@cache
def taxi_bot() -> Bot:
    files = {f"bots/{path.name}": path.read_text() for path in (TAXI / "bots").iterdir()}
    return parse_bot("bots/taxi.md", files["bots/taxi.md"], files)


@cache
def taxi_texts() -> dict[str, dict[str, str]]:
    files = {f"messages/{path.name}": path.read_text() for path in (TAXI / "messages").glob("*.yaml")}
    texts, problems = read_texts(files, ("kk", "ru", "en"))
    assert problems == ()
    return texts


@cache
def cities() -> tuple[Mapping[str, Any], ...]:
    with (TAXI / "seed" / "cities.csv").open() as file:
        return tuple(csv.DictReader(file))


@cache
def taxi_knowledge() -> Callable[[str, str], Sequence[Passage]]:
    """The search over the example's pages."""
    pages = (TAXI / "knowledge").glob("*.md")
    base = KnowledgeBase.build(parse_documents({f"knowledge/{page.name}": page.read_text() for page in pages}))
    return lambda query, language: base.search(query, language=language)


@dataclass
class TaxiTools:
    """The tools of a turn, over a list of rides."""

    now: datetime = NOW
    rides: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    free_seats: int = 7
    broken: bool = False
    passages: Callable[[str, str], Sequence[Passage]] = lambda query, language: ()

    async def run_tool(self, key: str, name: str, arguments: dict[str, Any]) -> Any:
        self.calls.append((key, name, arguments))
        if self.broken:
            raise ToolFailed(f"The workflow {name!r} failed.")
        return getattr(self, name)(**arguments)

    async def search(self, query: str, language: str) -> Sequence[Passage]:
        return self.passages(query, language)

    def text(self, key: str, language: str, **values: object) -> str:
        text = taxi_texts()[key][language]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        assert not re.search(r"\{[a-z_]+\}", text), f"unfilled: {text}"
        return text.strip()

    def entities(self, collection: str) -> Sequence[Mapping[str, Any]]:
        assert collection == "cities"
        return cities()

    async def model_step(self, key: str, request: dict[str, Any], call: Callable[[], Awaitable[Any]]) -> Any:
        return await call()

    def quote(
        self, from_city: str, to_city: str, seats: int = 0, departs_at: str | None = None, **_: Any
    ) -> dict[str, Any]:
        if (from_city, to_city) not in PRICES:
            return {"price_kzt": None, "available": False}
        price, distance, minutes = PRICES[from_city, to_city]
        total = {"seats_price": price * seats} if seats else {}
        enough = self.free_seats >= max(seats, 1)
        return {"price_kzt": price, **total, "distance_km": distance, "duration_minutes": minutes, "available": enough,
                "free_seats": self.free_seats}  # fmt: skip

    def book(self, request_id: str, seats: int, from_city: str, to_city: str, **rest: Any) -> dict[str, Any]:
        if seats > self.free_seats:
            return {"status": "full", "free_seats": self.free_seats}
        done = next((ride for ride in self.rides if ride["request_id"] == request_id), None)
        if done is None:
            done = {
                "number": f"R-{1001 + len(self.rides)}",
                "price_kzt": PRICES[from_city, to_city][0] * seats,
                "status": "booked",
                "request_id": request_id,
                "seats": seats,
                "from_city": from_city,
                "to_city": to_city,
                **rest,
            }
            self.rides.append(done)
        return {"number": done["number"], "price_kzt": done["price_kzt"], "status": "booked"}

    def my_rides(self, **_: Any) -> dict[str, Any]:
        return {"rides": self.rides}

    def cancel(self, number: str, **_: Any) -> dict[str, Any]:
        for ride in self.rides:
            if ride["number"] == number:
                ride["status"] = "cancelled"
                return {"status": "cancelled"}
        return {"status": "not_found"}

    def change(self, number: str, departs_at: str | None = None, seats: int | None = None, **_: Any) -> dict[str, Any]:
        for ride in self.rides:
            if ride["number"] == number:
                ride |= {"departs_at": departs_at or ride["departs_at"], "seats": seats or ride["seats"]}
                return {"status": "changed", "price_kzt": 7000 * ride["seats"]}
        return {"status": "not_found"}

    def complain(self, text: str, **rest: Any) -> dict[str, Any]:
        self.complaints.append({"text": text, **rest})
        return {"number": f"C-{len(self.complaints)}"}


@dataclass
class Chat:
    """A passenger who writes to the bot."""

    tools: TaxiTools = field(default_factory=TaxiTools)
    state: dict[str, Any] = field(default_factory=dict)
    language: str | None = None
    contact: dict[str, Any] = field(default_factory=lambda: {"id": "contact-1"})
    turn_number: int = 0
    last: TurnResult | None = None

    async def say(self, *texts: str, value: str | None = None) -> str:
        """Send messages in one turn and return the reply's text."""
        messages: list[dict[str, Any]] = [{"text": text, "value": None} for text in texts]
        if value:
            messages.append({"text": None, "value": value})
        self.turn_number += 1
        turn = TurnInput("conversation-1", self.turn_number, self.language, self.state, messages, self.contact)
        result = await answer(taxi_bot(), turn, self.tools)
        self.state, self.language, self.last = result.state, result.language, result
        self.contact = self.contact | result.contact
        return "\n".join(reply["text"] for reply in result.replies)

    async def press(self, value: str) -> str:
        """Press a button, which must have been offered."""
        assert value in self.offered(), f"{value} is not among {self.offered()}"
        return await self.say(value=value)

    def offered(self) -> list[str]:
        """Values of the buttons below the last reply."""
        assert self.last is not None
        return [button["value"] for reply in self.last.replies for button in reply["buttons"]]


async def booked_chat(language: str = "ru") -> Chat:
    chat = Chat()
    for line in BOOKING[language]:
        await chat.say(line)
    return chat
