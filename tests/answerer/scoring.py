"""Scores the guided answerer's reading of single utterances, by language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from tapbot.bots.guided.reading import Asked, Reader, Reading
from tapbot.bots.understanding.moments import Moment

Search = Callable[[str, str], Sequence[object]]
NOW = datetime.fromisoformat("2026-03-04T10:00:00+05:00")


@dataclass
class Tally:
    """How many utterances were right."""

    intents: int = 0
    intents_right: int = 0
    slots: int = 0
    slots_right: int = 0
    empty: int = 0
    empty_right: int = 0
    languages: int = 0
    languages_right: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list, repr=False)
    """Id of each wrong utterance, and what was wrong in it."""


def plain(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Slots as the labels write them; a date and time carries the zone."""
    return {name: plain_moment(value) if isinstance(value, Moment) else value for name, value in slots.items()}


def plain_moment(moment: Moment) -> str:
    if moment.date and moment.time:
        return datetime.combine(moment.date, moment.time, NOW.tzinfo).isoformat()
    return moment.to_text()


def intent_right(line: Mapping[str, Any], reading: Reading) -> bool:
    """The labelled intent; a correction while a slot is asked may be read as an answer."""
    accepted = {line["intent"]}
    if "correction" in line.get("tags", ()):
        accepted.add("answer")
    return reading.intent in accepted


def read_line(reader: Reader, search: Search, line: Mapping[str, Any]) -> Reading:
    """The reading of one line: what is asked sets the dialogue's state, and a page that answers makes it a question."""
    asked = line.get("asked")
    reading = reader.read(line["text"], asked=Asked(asked, asked is not None), now=NOW)
    if reading.intent == "unknown" and search(line["text"], reading.language):
        return replace(reading, intent="faq")
    return reading


def score(reader: Reader, search: Search, lines: Iterable[Mapping[str, Any]]) -> dict[str, Tally]:
    """Tallies by language, and `all`."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for line in lines:
        reading = read_line(reader, search, line)
        found, wanted = {name: value for name, value in plain(reading.slots).items() if value}, line.get("slots") or {}
        right_intent, right_slots = intent_right(line, reading), found == wanted
        for tally in (tallies[line["lang"]], tallies["all"]):
            tally.intents += 1
            tally.intents_right += right_intent
            if wanted:
                tally.slots += 1
                tally.slots_right += right_slots
            else:
                tally.empty += 1
                tally.empty_right += right_slots
            if "lang_open" not in line.get("tags", ()):
                tally.languages += 1
                tally.languages_right += reading.language == line["lang"]
        if not (right_intent and right_slots):
            said = f"{reading.intent} ({reading.score:.2f}) {found}, wanted {line['intent']} {wanted}"
            tallies["all"].wrong.append((line["id"], said))
        elif reading.language != line["lang"] and "lang_open" not in line.get("tags", ()):
            tallies["all"].wrong.append((line["id"], f"language {reading.language}, wanted {line['lang']}"))
    return tallies


def table(tallies: Mapping[str, Tally]) -> str:
    """The figures as text."""
    rows = ["language  intents         slots           no slots        language"]
    for name in ("kk", "ru", "en", "all"):
        one = tallies.get(name, Tally())
        cells = [
            show(one.intents_right, one.intents),
            show(one.slots_right, one.slots),
            show(one.empty_right, one.empty),
            show(one.languages_right, one.languages),
        ]
        rows.append(f"{name:<8}  " + "  ".join(f"{cell:<14}" for cell in cells))
    return "\n".join(rows)


def show(right: int, count: int) -> str:
    return f"{right}/{count} {right / count:.1%}" if count else "-"


def expand(code: str) -> str:
    """A moment of the development set: a date, a time or both; the zone is added to a whole one."""
    if "T" in code and not code.startswith("T"):
        day, clock = code.split("T")
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), NOW.tzinfo).isoformat()
    return code
