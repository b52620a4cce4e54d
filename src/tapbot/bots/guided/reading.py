"""Reading one message: its language, the slot values in it, and what it wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tapbot.bots.guided.definition import Guided, PickFlow
from tapbot.bots.guided.journey import Asked, place_journey
from tapbot.bots.understanding.entities import EntityFound, EntityIndex, find_entities
from tapbot.bots.understanding.language import rank_languages
from tapbot.bots.understanding.lexicon import read_atoms
from tapbot.bots.understanding.masking import hide, mask_words
from tapbot.bots.understanding.moments import Found, find_moments, merge_moments, tells_past
from tapbot.bots.understanding.negation import drop_negated
from tapbot.bots.understanding.people import CountFound, find_counts
from tapbot.bots.understanding.phones import PhoneFound, find_phones
from tapbot.bots.understanding.strangers import find_stranger
from tapbot.bots.understanding.text import Token, split_tokens

Span = tuple[int, int]
CONFIRM, UNKNOWN, ANSWER = "confirm", "unknown", "answer"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message says."""

    text: str
    language: str
    intent: str
    """Name of an intent of the definition, or `answer`, `affirm`, `deny`, `unknown`."""
    score: float
    slots: Mapping[str, Any]
    """Values by slot: id, `Moment`, int or phone."""
    bad_phone: bool = False
    """Digits that are no possible telephone number."""
    past: bool = False
    """A day that is over was named, such as yesterday."""
    stranger: str | None = None
    """A name where one of a collection is expected, that is in none: a city that is not served."""
    words: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Values:
    """The values found in one message, with their tokens."""

    places: Mapping[str, list[EntityFound]]
    moments: list[Found]
    counts: list[CountFound]
    phones: list[PhoneFound]
    past: bool
    """A day that is over is named."""


class Reader:
    """Reads messages for one bot and its collections."""

    def __init__(self, guided: Guided, collections: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self.guided = guided
        self.indexes: dict[str, EntityIndex] = {name: guided.index_of(name, rows) for name, rows in collections.items()}

    def read(
        self, text: str, *, asked: Asked, now: datetime, previous_language: str | None = None, default: str = "ru"
    ) -> Reading:
        """Everything that one message says.

        Args:
            now: Aware time in the passenger's zone.
            previous_language: Language of the conversation so far.
            default: Language when nothing decides.
        """
        tokens = split_tokens(text)
        languages = rank_languages(tokens, previous=previous_language, default=default)
        values = self.find_values(text, tokens, languages, asked, now)
        slots = self.fill_slots(values, asked, now)
        words = mask_values(tokens, values)
        intent, score = self.choose_intent(words, slots, asked)
        if values.past and self.asked_type(asked) == "datetime" and len(words) <= PAST_WORDS:
            intent, score = ANSWER, 1.0
        if intent == UNKNOWN and asked.in_form and slots and score < STRONG:
            intent = ANSWER
        elif intent == UNKNOWN:
            slots = {}
        digits_alone = all(token.kind != "word" for token in tokens) and any(token.kind == "number" for token in tokens)
        tried = bool(values.phones) or (digits_alone and not slots and self.asked_type(asked) == "phone")
        bad_phone = tried and not any(found.phone for found in values.phones)
        stranger = self.find_stranger(tokens, values, asked)
        return Reading(text, languages[0], intent, score, slots, bad_phone, values.past, stranger, tuple(words))

    def split(self, text: str) -> list[Token]:
        """The tokens of a message."""
        return split_tokens(text)

    # --- values ----------------------------------------------------------------------------------------------------

    def find_values(
        self, text: str, tokens: Sequence[Token], languages: Sequence[str], asked: Asked, now: datetime
    ) -> Values:
        """Places, moments, counts and phones; a token means one of them only."""
        kinds = {slot.type for slot in self.guided.slots.values()}
        asked_type = self.asked_type(asked)
        phones = (
            find_phones(text, region=self.phone_region(), expected=asked_type == "phone") if "phone" in kinds else []
        )
        phone_spans = [token_span(tokens, phone.start, phone.end) for phone in phones]
        named = {name: find_entities(tokens, index) for name, index in self.indexes.items()}
        places = {name: drop_negated(tokens, found) for name, found in named.items()}
        everywhere = [(one.first, one.last) for found in named.values() for one in found]
        atoms = hide(read_atoms(tokens, languages), [*everywhere, *phone_spans])
        moments = find_moments(atoms, now) if "datetime" in kinds else []
        taken = frozenset(index for one in moments for index in range(one.first, one.last + 1))
        if asked_type == "integer" and len(atoms) == 1:  # `2-е` alone is a number of people, not a day of the month
            moments, taken = [], frozenset()
        counts = find_counts(atoms, taken, expected=asked_type == "integer") if "integer" in kinds else []
        if asked_type == "datetime" and not any(one.time for one in moments):
            moments = find_moments(hide(atoms, [(one.first, one.last) for one in counts]), now, expected=True)
        past = "datetime" in kinds and tells_past(atoms)
        return Values(places, drop_negated(tokens, moments), drop_negated(tokens, counts), phones, past)

    def find_stranger(self, tokens: Sequence[Token], values: Values, asked: Asked) -> str | None:
        """A name that a collection should know and does not."""
        if not self.indexes:
            return None
        return find_stranger(tokens, value_spans(tokens, values), expected=self.asked_type(asked) == "entity")

    def asked_type(self, asked: Asked) -> str | None:
        """The type of the slot that was asked for."""
        return getattr(self.guided.slots.get(asked.slot or ""), "type", None)

    def phone_region(self) -> str:
        return next((slot.region for slot in self.guided.slots.values() if slot.type == "phone"), "KZ")

    def fill_slots(self, values: Values, asked: Asked, now: datetime) -> dict[str, Any]:
        """The slots that the values fill."""
        slots: dict[str, Any] = {}
        for collection, found in values.places.items():
            slots |= self.place_entities(collection, found, asked)
        for name, slot in self.guided.slots.items():
            if slot.type == "datetime":
                moment = merge_moments(values.moments, now)
                if not moment.is_empty() or (moment.part and asked.slot == name):
                    slots[name] = moment
            elif slot.type == "integer" and values.counts:
                slots[name] = choose_count(values.counts, last=asked.slot == name)
            elif slot.type == "phone":
                phone = next((one.phone for one in values.phones if one.phone), None)
                if phone:
                    slots[name] = phone
        return slots

    def place_entities(self, collection: str, found: Sequence[EntityFound], asked: Asked) -> dict[str, str]:
        """Entities by slot: by direction words and endings, then by what was asked, then by order."""
        own = {
            name: slot
            for name, slot in self.guided.slots.items()
            if slot.type == "entity" and slot.collection == collection
        }
        origin = next((name for name, slot in own.items() if slot.side == "from"), None)
        target = next((name for name, slot in own.items() if slot.side == "to"), None)
        found = [one for one in found if one.side != "via"]
        if origin is None or target is None:
            only = next(iter(own), None)
            return {only: found[0].id} if only and found else {}
        return place_journey(found, origin, target, asked)

    # --- intent ----------------------------------------------------------------------------------------------------

    def choose_intent(self, words: Sequence[str], slots: Mapping[str, Any], asked: Asked) -> tuple[str, float]:
        """The intent of a message, given what was asked and which values it holds."""
        ranked = self.guided.model.rank(words, self.guided.cues.find(words))
        plain = [word for word in words if not word.startswith("<") and word not in KEPT]
        best, score = (ranked[0].intent, ranked[0].score) if ranked else (UNKNOWN, 0.0)
        if asked.slot == CONFIRM and best == self.guided.default and not slots:
            best = self.first_word_intent(plain) or best
        if answers_question(slots, asked, plain, best, score, self.guided):
            return ANSWER, 1.0
        if slots and (not plain or score < self.guided.threshold or self.is_courtesy(best)) and self.guided.default:
            return self.guided.default, score
        if score < self.guided.threshold:
            return "unknown", score
        return best, score

    def is_courtesy(self, intent: str) -> bool:
        """A greeting: with a value beside it, the value is what is wanted."""
        found = self.guided.intents.get(intent)
        return found is not None and found.action == "say"

    def first_word_intent(self, plain: Sequence[str]) -> str | None:
        """`да, бронируйте` is a yes: the intent of the first word, when it is a yes or a no."""
        ranked = self.guided.model.rank(plain[:1])
        return ranked[0].intent if ranked and ranked[0].intent in YES_NO and ranked[0].score > STRONG else None


KEPT = frozenset("?!")
PAST_WORDS = 5
"""A message of so many words that names a past day is an answer where a day was asked for, not a story."""
YES_NO = frozenset({"affirm", "deny"})
BESIDE = frozenset({"affirm", "thanks", "greet"})
"""Intents that say nothing against an answer beside them."""
STRONG = 0.75


def answers_question(
    slots: Mapping[str, Any], asked: Asked, plain: Sequence[str], best: str, score: float, guided: Guided
) -> bool:
    """Whether a message is the answer to the question, not something else."""
    slot = guided.slots.get(asked.slot or "")
    if slot is None:
        return False
    if slot.type == "text":
        return score < STRONG
    if not slots or asked.slot not in slots:
        return bool(slots) and (best in BESIDE | {guided.default} or score < guided.threshold)
    alone = set(slots) == {asked.slot} and revises(best, guided)
    return slot.type == "phone" or alone or best in BESIDE | {guided.default} or len(plain) <= 1 or score < STRONG


def revises(intent: str, guided: Guided) -> bool:
    """Whether an intent changes what was said: a new value for the asked slot alone is simply its value."""
    found = guided.intents.get(intent)
    return found is not None and bool(found.flow) and isinstance(guided.flows[str(found.flow)], PickFlow)


def choose_count(counts: Sequence[CountFound], *, last: bool) -> int:
    """The number that is meant: that of all who go, else the last or the first."""
    whole = [one for one in counts if one.whole]
    chosen = whole or counts
    return chosen[-1 if last else 0].count


def mask_values(tokens: Sequence[Token], values: Values) -> list[str]:
    """Folded words with the values replaced by marks."""
    return mask_words(
        tokens,
        [(one.first, one.last) for found in values.places.values() for one in found],
        [(one.first, one.last) for one in values.moments],
        [(one.first, one.last) for one in values.counts],
        [token_span(tokens, one.start, one.end) for one in values.phones],
    )


def value_spans(tokens: Sequence[Token], values: Values) -> list[Span]:
    """First and last token of every value."""
    places = [one for found in values.places.values() for one in found]
    read = [(one.first, one.last) for kind in (places, values.moments, values.counts) for one in kind]
    return [*read, *(token_span(tokens, one.start, one.end) for one in values.phones)]


def token_span(tokens: Sequence[Token], start: int, end: int) -> Span:
    """First and last token inside a stretch of text."""
    inside = [index for index, token in enumerate(tokens) if token.start < end and token.end > start]
    return (inside[0], inside[-1]) if inside else (0, -1)


__all__ = ["CONFIRM", "Asked", "Reader", "Reading"]
