"""`evals/*.yaml`: conversations with what must hold, read and judged. The app that answers is given."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tapbot.data.yaml_lines import Document, read_yaml
from tapbot.errors import InvalidInput, TapbotError
from tapbot.project.types import Problem


class Part(BaseModel):
    """A part of an eval; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Expectation(Part):
    """What the replies to one message must be like, all of them read as one text."""

    contains: tuple[str, ...] | str = ()
    """Pieces of text that must be there; letters' case does not count."""
    not_contains: tuple[str, ...] | str = ()
    """Pieces of text that must not be there."""
    matches: str | None = None
    """A regular expression that must be found."""
    buttons: tuple[str, ...] | None = None
    """Labels or values of buttons that must be offered, in any order, among others."""


class EvalTurn(Part):
    """One message of the contact."""

    say: tuple[str, ...] | str | None = None
    """What the contact writes; several messages are sent at once, before any reply."""
    press: str | None = None
    """Label or value of a button of the last replies."""
    expect: Expectation = Expectation()

    @model_validator(mode="after")
    def check_one(self) -> EvalTurn:
        """A turn is either text or a button."""
        if (self.say is None) == (self.press is None):
            raise ValueError("a turn has either `say` or `press`")
        return self


class Stored(Part):
    """What a collection must hold when the conversation is over."""

    where: dict[str, Any] = {}
    """Fields and the values that they equal; all records when empty."""
    count: int | None = Field(default=None, ge=0)
    """How many such records there are."""
    values: dict[str, Any] = {}
    """Values of the first such record."""


class Eval(Part):
    """One conversation."""

    name: str
    """What it shows, as a sentence."""
    bot: str | None = None
    """The bot that is spoken to; the project's only one when not given."""
    language: str | None = None
    """Language that the contact's client announces."""
    now: AwareDatetime
    """The clock when the conversation begins."""
    turns: tuple[EvalTurn, ...] = Field(min_length=1)
    then: dict[str, Stored] = {}
    """What must be stored afterwards, by collection."""


@dataclass(frozen=True, slots=True)
class EvalFile:
    """One conversation and where it stands."""

    place: str
    eval: Eval


@dataclass(frozen=True, slots=True)
class EvalOutcome:
    """How a conversation went. `transcript` holds both sides, for the person who has to mend it."""

    file: EvalFile
    failures: tuple[str, ...]
    transcript: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.failures


Replies = Sequence[Mapping[str, Any]]
"""Each `{"text": str, "buttons": [{"label": str, "value": str}]}`."""


class World(Protocol):
    """The app that an eval speaks with: fresh, empty but for the project's seeds, with a clock of its own."""

    async def say(self, message_id: str, *, text: str | None, value: str | None) -> Replies:
        """Send one message and wait for the replies to it."""
        ...

    async def records(self, collection: str, where: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Records whose fields equal the given values."""
        ...


class OpenWorld(Protocol):
    """Makes a world for one eval."""

    def __call__(self, *, bot: str | None, language: str | None, now: datetime) -> AbstractAsyncContextManager[World]:
        """Open a world; leaving it throws everything away."""
        ...


def read_evals(files: Mapping[str, str]) -> tuple[list[EvalFile], list[Problem]]:
    """Read all conversations of a project; a file holds one, or a list of them.

    Args:
        files: Texts by path; others than `evals/*.yaml` are passed over.
    """
    evals: list[EvalFile] = []
    problems: list[Problem] = []
    for path in sorted(files):
        if not path.startswith("evals/") or not path.endswith((".yaml", ".yml")):
            continue
        try:
            evals += _read_file(path, read_yaml(files[path], path=path))
        except TapbotError as error:
            problems.append(Problem(error.place or path, error.message, error.hint, error.code))
    return evals, problems


def _read_file(path: str, document: Document) -> list[EvalFile]:
    several = isinstance(document.value, list)
    found = []
    for index, entry in enumerate(document.value if several else [document.value]):
        at = (index,) if several else ()
        try:
            found.append(EvalFile(f"{path}:{document.line_of(at)}", Eval.model_validate(entry)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            line = document.line_of((*at, *first["loc"]))
            where = ".".join(map(str, first["loc"])) or "the conversation"
            raise InvalidInput(f"{where}: {first['msg']}.", code="eval.invalid", place=f"{path}:{line}") from error
    return found


async def run_eval(file: EvalFile, open_world: OpenWorld) -> EvalOutcome:
    """Hold one conversation and compare. It stops at the first turn that went wrong: what follows would mislead."""
    failures: list[str] = []
    transcript: list[str] = []
    wanted = file.eval
    async with open_world(bot=wanted.bot, language=wanted.language, now=wanted.now) as world:
        replies: Replies = ()
        for number, turn in enumerate(wanted.turns, start=1):
            value = find_button(replies, turn.press) if turn.press is not None else None
            said = _pieces(turn.say) if turn.say is not None else (f"[{turn.press}]",)
            transcript += [f"contact: {text}" for text in said]
            if turn.press is not None and value is None:
                failures.append(f"turn {number}: no button {turn.press!r} was offered.")
                break
            replies = await _send(world, f"eval-{number}", turn, value)
            transcript += [f"bot: {_shown(reply)}" for reply in replies]
            wrong = judge(replies, turn.expect)
            if wrong:
                failures += [f"turn {number}: {message}" for message in wrong]
                break
        else:
            for collection, stored in wanted.then.items():
                failures += judge_records(collection, stored, await world.records(collection, stored.where))
    return EvalOutcome(file, tuple(failures), tuple(transcript))


async def _send(world: World, message_id: str, turn: EvalTurn, value: str | None) -> Replies:
    """Send the messages of a turn, all at once; replies that answer several of them count once."""
    if not isinstance(turn.say, tuple):
        return await world.say(message_id, text=turn.say, value=value)
    sent = [world.say(f"{message_id}.{place}", text=text, value=None) for place, text in enumerate(turn.say)]
    answers = await asyncio.gather(*sent)
    return [reply for place, answer in enumerate(answers) if answer not in answers[:place] for reply in answer]


def find_button(replies: Replies, wanted: str) -> str | None:
    """Value of the button of that label or value; None when it was not offered."""
    buttons = [button for reply in replies for button in reply.get("buttons") or ()]
    for button in buttons:
        if wanted.casefold() in {str(button["value"]).casefold(), str(button["label"]).casefold()}:
            return str(button["value"])
    return None


def judge(replies: Replies, expect: Expectation) -> list[str]:
    """What is wrong with the replies to one message."""
    text = "\n".join(str(reply.get("text") or "") for reply in replies)
    folded = text.casefold()
    wrong = []
    if not replies:
        wrong.append("there was no reply.")
    wrong += [f"the reply lacks {piece!r}." for piece in _pieces(expect.contains) if piece.casefold() not in folded]
    wrong += [f"the reply holds {piece!r}." for piece in _pieces(expect.not_contains) if piece.casefold() in folded]
    if expect.matches is not None and not re.search(expect.matches, text):
        wrong.append(f"the reply does not match {expect.matches!r}.")
    wrong += [
        f"no button {label!r} was offered." for label in expect.buttons or () if find_button(replies, label) is None
    ]
    return wrong


def judge_records(collection: str, stored: Stored, records: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the records that were found."""
    wrong = []
    if stored.count is not None and len(records) != stored.count:
        wrong.append(f"{collection} holds {len(records)} such records, not {stored.count}.")
    if stored.values and not records and stored.count is None:
        wrong.append(f"{collection} holds no such record.")
    if stored.values and records:
        wrong += [
            f"{collection}.{name} is {records[0].get(name)!r}, not {value!r}."
            for name, value in stored.values.items()
            if not _same(records[0].get(name), value)
        ]
    return wrong


def _same(found: Any, wanted: Any) -> bool:
    """Equal, where YAML may have read a time as a time and the store gives text."""
    if isinstance(wanted, datetime) and isinstance(found, str):
        try:
            return datetime.fromisoformat(found) == wanted
        except ValueError:
            return False
    return bool(found == wanted)


def _pieces(given: tuple[str, ...] | str) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def _shown(reply: Mapping[str, Any]) -> str:
    buttons = " ".join(f"[{button['label']}]" for button in reply.get("buttons") or ())
    return f"{reply.get('text') or ''} {buttons}".rstrip()
