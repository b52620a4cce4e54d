"""When a bot calls a person by rule, and when people are there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tapbot.bots.types import TurnInput, TurnResult
from tapbot.bots.understanding.cues import build_cues
from tapbot.bots.understanding.text import split_tokens

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
ANGER = build_cues(
    {
        "anger": (
            "безобраз*", "возмут*", "кошмар*", "ужасн*", "отвратительн*", "хамств*", "хам", "хамы", "мошенник*",
            "обман*", "надоел*", "бесит*", "достали", "идиот*", "тупой бот", "тупая программа", "верните деньги",
            "буду жаловаться", "подам в суд", "в суд подам", "сволоч*", "позор*", "издевает*", "сколько можно",
            "масқара*", "сұмдық", "алаяқ*", "алдап*", "ақшамды қайтар*", "шағымданамын", "ұятсыз*", "жетті енді",
            "ашуым кел*", "ақымақ*", "сотқа бер*", "terrible", "awful", "horrible", "disgust*", "scam*", "ridiculous",
            "outrageous", "unacceptable", "idiot*", "stupid bot", "useless bot", "fed up", "i want my money back",
            "give me my money back", "i will sue", "fraud*", "liars",
        )
    }
)  # fmt: skip
CALLED = {
    "kk": "Операторды шақырдым, осы жерге жазады.",
    "ru": "Позвал оператора, он ответит прямо здесь.",
    "en": "I have called a person. They will write here.",
}
CLOSED = {
    "kk": "Қазір жұмыс уақыты емес. Оператор {time} жауап береді.",
    "ru": "Сейчас нерабочее время. Оператор ответит {time}.",
    "en": "Nobody is at work just now. A person will answer {time}.",
}
Spans = tuple[tuple[time, timedelta], ...]


class HandOverPart(BaseModel):
    """`desk.hand_over:` of a bot: what calls a person by itself."""

    model_config = ConfigDict(extra="forbid")

    misses: int | None = Field(default=None, ge=1, le=20)
    """Messages in a row that were not understood."""
    anger: bool = False
    """The customer is angry."""
    tags: list[str] = []
    """The conversation has one of these tags, for example `vip`."""
    errors: bool = False
    """A turn failed."""


class DeskPart(BaseModel):
    """`desk:` of a bot: the people behind it."""

    model_config = ConfigDict(extra="forbid")

    team: str | None = Field(default=None, max_length=64)
    """Whose conversations they become."""
    assign: Literal["nobody", "in_turn"] = "nobody"
    """Whether the people of the team are given conversations in turn."""
    reply_minutes: int | None = Field(default=None, ge=1, le=10_080)
    """How soon a person is to answer."""
    return_minutes: int | None = Field(default=None, ge=1, le=10_080)
    """After so long without a person's word the bot answers again."""
    hand_over: HandOverPart = HandOverPart()
    hours: dict[str, list[str]] = {}
    """When people are there, by day or days: `mon-fri: ["09:00-13:00", "14:00-18:00"]`; always, when empty."""

    @field_validator("hours")
    @classmethod
    def _check_hours(cls, hours: dict[str, list[str]]) -> dict[str, list[str]]:
        for days, spans in hours.items():
            read_days(days)
            for span in spans:
                read_span(span)
        return hours


@dataclass(frozen=True)
class DeskRules:
    """The people behind a bot, and when it calls them."""

    part: DeskPart = field(default_factory=DeskPart)

    @property
    def spans(self) -> Mapping[int, Spans]:
        """When people are there, by day of the week."""
        found: dict[int, list[tuple[time, timedelta]]] = {}
        for days, spans in self.part.hours.items():
            for day in read_days(days):
                found.setdefault(day, []).extend(read_span(span) for span in spans)
        return {day: tuple(sorted(spans)) for day, spans in found.items()}

    def opens_at(self, now: datetime) -> datetime | None:
        """When people are there again; `None` when they are there now.

        Args:
            now: In the project's time zone.
        """
        if not self.part.hours:
            return None
        spans = self.spans
        for ahead in range(-1, 8):
            day = (now + timedelta(days=ahead)).date()
            for start, length in spans.get(day.weekday(), ()):
                begins = datetime.combine(day, start, tzinfo=now.tzinfo)
                if begins <= now < begins + length:
                    return None
                if begins > now:
                    return begins
        return None


def read_days(days: str) -> Sequence[int]:
    """`mon`, `mon-fri` or `sat,sun` as days of the week.

    Raises:
        ValueError: It names no days.
    """
    found: list[int] = []
    for part in days.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f"{days!r} names no days; write `mon-fri`, `sat` or `sat,sun`")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return found


def read_span(span: str) -> tuple[time, timedelta]:
    """`09:00-18:00` as its beginning and length; `22:00-02:00` ends on the next day.

    Raises:
        ValueError: It is no span.
    """
    found = SPAN.fullmatch(span.strip())
    if found is None:
        raise ValueError(f"{span!r} is no span of hours; write `09:00-18:00`")
    hours = [int(part) for part in found.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    return time(hours[0], hours[1]), timedelta(minutes=(end - start) % 1440 or 1440)


def person_wanted(rules: DeskRules, turn: TurnInput, result: TurnResult, now: datetime) -> str | None:
    """Why a person is called after a turn: the customer's wish, else a rule while people are there; `None` if not."""
    if result.handoff is not None:
        return result.handoff
    wanted, tags = rules.part.hand_over, {str(tag) for tag in turn.contact.get("tags") or ()}
    found = None
    if tags & {tag.lower() for tag in wanted.tags}:
        found = "tag"
    elif wanted.anger and is_angry(turn.messages):
        found = "anger"
    elif wanted.misses is not None and int(result.state.get("misses") or 0) >= wanted.misses:
        found = "misses"
    return found if found and rules.opens_at(now) is None else None


def is_angry(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a customer's words are those of somebody angry."""
    return any(
        ANGER.find([token.fold for token in split_tokens(str(message["text"]))])
        for message in messages
        if message.get("text")
    )


def tell_opening(opens_at: datetime, language: str) -> str:
    """When a person will be there, for a customer."""
    shown = opens_at.strftime("%d.%m %H:%M")
    return CLOSED.get(language, CLOSED["ru"]).replace("{time}", shown)
