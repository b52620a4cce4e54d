"""The guided answerer's file: slots, flows and example phrases, read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from tapbot.bots.understanding.cues import CueIndex, build_cues, list_cues
from tapbot.bots.understanding.entities import EntityIndex, build_index
from tapbot.bots.understanding.intents import IntentModel, train_intents
from tapbot.bots.understanding.masking import mask_example
from tapbot.errors import InvalidInput

Language = Literal["kk", "ru", "en"]


class Part(BaseModel):
    """A part of the file: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EntitySlot(Part):
    """A row of a collection, by its name in any language."""

    type: Literal["entity"]
    collection: str
    key: str = "id"
    """Field of a row that names it; the slot's value."""
    side: Literal["from", "to"] | None = None
    """Where the entity stands in a journey; two slots with opposite sides share one collection."""
    popular: list[str] = []
    """Ids that are offered as buttons."""
    words: str = ""


class DatetimeSlot(Part):
    """A date and a time; each may be said on its own."""

    type: Literal["datetime"]
    horizon_days: int = 90
    """How far ahead a moment may lie."""
    words: str = ""


class IntegerSlot(Part):
    """A number of people or things."""

    type: Literal["integer"]
    min: int = 1
    max: int = 100
    buttons: list[int] = []
    words: str = ""


class PhoneSlot(Part):
    """A telephone number."""

    type: Literal["phone"]
    region: str = "KZ"
    words: str = ""


class TextSlot(Part):
    """Free text."""

    type: Literal["text"]
    min_words: int = 5
    """A message that begins the flow and has so many words is already the text."""
    words: str = ""


class ChoiceSlot(Part):
    """One of a few values; the label of `value` is the text `choice.SLOT.VALUE`."""

    type: Literal["choice"]
    values: list[str]
    words: str = ""


Slot = Annotated[
    EntitySlot | DatetimeSlot | IntegerSlot | PhoneSlot | TextSlot | ChoiceSlot, Field(discriminator="type")
]


class Outcome(Part):
    """What follows a tool's status."""

    text: str
    """Key of the text; it is filled with the tool's result and the form's values."""
    done: bool = True
    """The flow ends; else its `reopen` slots are asked again."""
    reopen: list[str] = []


class Estimate(Part):
    """A tool that tells what the thing would cost, as soon as its slots are known."""

    tool: str
    needs: list[str]
    """Slots without which there is no price."""
    uses: list[str] = []
    """Slots that it takes too, when they are known."""
    text: str
    """Shown when the price was asked for. `{total}` is the first of `total` that the result has."""
    total: list[str] = []
    none: str
    """Shown when the tool knows no price."""
    none_reopen: list[str] = []
    full: str | None = None
    """Shown when the tool says `available: false` for the whole form."""
    full_reopen: list[str] = []


class Submit(Part):
    """The tool that does it."""

    tool: str
    outcomes: dict[str, Outcome]
    """By the `status` of the tool's result; `ok` for a result without one."""


class FormFlow(Part):
    """Collect slots, show a summary, do it."""

    kind: Literal["form"]
    slots: list[str]
    estimate: Estimate | None = None
    confirm: str | None = None
    """Key of the summary's text; without it the tool runs as soon as the form is full."""
    submit: Submit
    keep: list[str] = []
    """Slots whose value the contact keeps, such as the phone."""


class PickFlow(Part):
    """Choose one of the contact's things, change it or end it."""

    kind: Literal["pick"]
    tool: str
    items: str
    """Field of the tool's result that holds the list."""
    id: str
    """Field of an item that names it."""
    active: list[str] = []
    """Values of an item's `status` that may be chosen; empty allows all."""
    label: str
    """Key of the text of one item, also on its button."""
    none: str
    slots: list[str] = []
    """Any of these may be given anew; at least one, if there are some."""
    confirm: str
    submit: Submit


class ListFlow(Part):
    """Tell the contact's things."""

    kind: Literal["list"]
    tool: str
    items: str
    active: list[str] = []
    label: str
    intro: str
    none: str


Flow = Annotated[FormFlow | PickFlow | ListFlow, Field(discriminator="kind")]

Action = Literal["flow", "estimate", "say", "knowledge", "person", "thanks", "affirm", "deny", "unknown"]


class Intent(Part):
    """What a passenger may want."""

    action: Action
    flow: str | None = None
    """Which flow begins, for `flow` and `estimate`."""
    text: str | None = None
    """Key of the text, for `say` and `thanks`."""
    menu: bool = False
    """Offer the menu's buttons with the text."""
    examples: dict[Language, list[str]] = {}
    cues: dict[Language, str] = {}
    """Words that tell the intent by themselves; `*` at the end stands for any ending."""


class GuidedFile(Part):
    """The whole file."""

    slots: dict[str, Slot]
    flows: dict[str, Flow]
    intents: dict[str, Intent]
    menu: list[str] = []
    """Intents that are offered as buttons; the label is the text `menu.INTENT`."""
    default: str | None = None
    """Intent of a message that holds only values."""
    threshold: float = 0.3
    """Nearness below which an intent is unknown."""

    @model_validator(mode="after")
    def check_references(self) -> GuidedFile:
        """Slots and flows that are named must exist."""
        for name, flow in self.flows.items():
            for slot in getattr(flow, "slots", []):
                if slot not in self.slots:
                    raise ValueError(f"flow {name!r} names the slot {slot!r}, which is not defined")
        for name, intent in self.intents.items():
            if intent.action in {"flow", "estimate"} and intent.flow not in self.flows:
                raise ValueError(f"intent {name!r} names the flow {intent.flow!r}, which is not defined")
        for name in self.menu:
            if name not in self.intents:
                raise ValueError(f"the menu names the intent {name!r}, which is not defined")
        return self


class Guided:
    """The file, with its examples, which are learned when they are first needed."""

    def __init__(self, file: GuidedFile) -> None:
        self.slots: Mapping[str, Any] = file.slots
        self.flows: Mapping[str, Any] = file.flows
        self.intents: Mapping[str, Intent] = file.intents
        self.menu = tuple(file.menu)
        self.default = file.default
        self.threshold = file.threshold
        self.slot_cues: CueIndex = build_cues({name: list_cues(slot.words) for name, slot in file.slots.items()})
        self.cues: CueIndex = build_cues(
            {name: list_cues(",".join(intent.cues.values())) for name, intent in file.intents.items()}
        )
        self._indexes: dict[str, tuple[Sequence[Mapping[str, Any]], EntityIndex]] = {}

    def index_of(self, collection: str, rows: Sequence[Mapping[str, Any]]) -> EntityIndex:
        """The names of a collection; made once for the same rows, which a release gives in every turn."""
        known = self._indexes.get(collection)
        if known is None or known[0] is not rows:
            keys = [slot.key for slot in self.slots.values() if slot.type == "entity" and slot.collection == collection]
            known = rows, build_index(rows, key=keys[-1] if keys else "id")
            self._indexes[collection] = known
        return known[1]

    @cached_property
    def model(self) -> IntentModel:
        """What the examples teach. Half a second for 1,600 of them: `bots.turn.prepare` learns them aside."""
        return train_intents(
            (name, words, self.cues.find(words))
            for name, intent in self.intents.items()
            for language, examples in intent.examples.items()
            for words in (mask_example(example, language) for example in examples)
        )

    @property
    def is_ready(self) -> bool:
        """Whether the examples were learned."""
        return "model" in self.__dict__

    def learn(self) -> None:
        """Learn the examples, unless it was done."""
        _ = self.model


def parse_guided(text: str, *, place: str) -> Guided:
    """Read a guided answerer's YAML.

    Args:
        place: Path of the file, for messages.

    Raises:
        InvalidInput: The YAML or a key is wrong; the message names the line.
    """
    try:
        data = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InvalidInput(f"This is not YAML: {error}", code="bots.bad_yaml", place=place + line) from error
    try:
        return Guided(GuidedFile.model_validate(data))
    except ValidationError as error:
        first = worst_error(error)
        path = [str(part) for part in first["loc"]]
        where = f"{place}, line {find_line(text, path)}"
        message = f"`{'.'.join(path)}`: {first['msg']}."
        raise InvalidInput(
            message, code="bots.bad_definition", place=where, hint="Check the key's spelling."
        ) from error


def worst_error(error: ValidationError) -> ErrorDetails:
    """The error to tell: an unknown key before what is missing because of it."""
    return next((one for one in error.errors() if one["type"] == "extra_forbidden"), error.errors()[0])


def find_line(text: str, path: list[str]) -> int:
    """The line of a key in YAML, found by following the path's keys downwards."""
    lines = text.splitlines()
    line = 0
    for part in path:
        for number in range(line, len(lines)):
            if lines[number].strip().startswith((f"{part}:", f'"{part}":', f"{part} :")) or f"{part}:" in lines[number]:
                line = number
                break
    return line + 1
