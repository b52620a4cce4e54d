"""Names of a collection in a message: with cases, slips, old names, and the direction in which they are meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rapidfuzz.distance import OSA

from tapbot.bots.understanding.common_words import COMMON_WORDS
from tapbot.bots.understanding.lexicon import ABLATIVE, TABLE
from tapbot.bots.understanding.text import Token, fold_word, fold_words, split_tokens

Side = Literal["from", "to", "in", "at", "via", ""]

KAZAKH_CASES: dict[str, Side] = {
    **dict.fromkeys(fold_words("ның нің дың дің тың тің ны ні ды ді ты ті мен бен пен лық лік дік тік дық тық"), ""),
    **dict.fromkeys(fold_words("да де та те нда нде дамын демін тамын темін дамыз деміз тамыз теміз"), "at"),
    **dict.fromkeys(fold_words("дағы дегі тағы тегі"), "at"),
    **dict.fromkeys(fold_words("ға ге қа ке"), "to"),
    **dict.fromkeys(fold_words("дан ден тан тен нан нен"), "from"),
}
"""Kazakh case endings and where they place a name."""
RUSSIAN_ENDINGS = frozenset(("а", "у", "е", "ом", "ем", "и", "ои", "ою", "ю", "я", "ов", "ами"))
RUSSIAN_SIDES: dict[str, Side] = {"е": "at", "у": "to", "ю": "to"}
CYRILLIC_SIDES: dict[str, Side] = {
    **dict.fromkeys(fold_words("до на к ко куда"), "to"),
    **dict.fromkeys(fold_words("из ис от с со изо выезд выезжаю выезжаем выезда откуда отправление"), "from"),
    **dict.fromkeys(fold_words("в во"), "in"),
    **dict.fromkeys(fold_words("через"), "via"),
}
LATIN_SIDES: dict[str, Side] = {
    **dict.fromkeys(fold_words("to into till until towards toward do na visit visiting reach going kuda"), "to"),
    **dict.fromkeys(fold_words("from leaving departing out iz ot otkuda"), "from"),
    **dict.fromkeys(fold_words("in at"), "at"),
    **dict.fromkeys(fold_words("v"), "to"),
    **dict.fromkeys(fold_words("via through"), "via"),
}
AFTER_TO = frozenset(fold_words("дейін шейін қарай жаққа deyin sheyin qaray"))
AFTER_FROM = frozenset(fold_words("бастап жақтан шығып bastap"))
AFTER_VIA = frozenset({fold_word("арқылы")})
FILLERS = frozenset(fold_words("город города городе г гор the city of сам самого қаласы қаласынан қаласына"))
CITY_CASES: dict[str, Side] = {
    fold_word("қаласынан"): "from", fold_word("қаласына"): "to", fold_word("қаласында"): "at", fold_word("қаласы"): "",
}  # fmt: skip
LONGEST_NAME = 3
SHORT_NAME, LONG_NAME = 5, 8
"""Names up to the first may be misspelt where one is expected; only longer ones than the second may hold two slips."""
SHORTEST_WORD = 4
FEW_TOKENS = 3
NO_NAMES = frozenset({"қарағанда", "басқаша", "оралу", "орала", "оралды"})
"""Everyday Kazakh words that would read as a name once their letters are folded."""


@dataclass(frozen=True, slots=True)
class EntityFound:
    """A name in a message."""

    first: int
    """Index of the first token."""
    last: int
    """Index of the last token."""
    id: str
    side: Side
    """Where it stands in a journey: `from`, `to`, `at`, `via`, or `""` when nothing says so.

    `in` is the Russian `в`: a goal, unless the passenger was asked where they are.
    """


@dataclass(frozen=True, slots=True)
class EntityIndex:
    """Folded names of a collection."""

    names: tuple[tuple[str, str], ...]
    """Folded name without its spaces, and the id."""
    russian_stems: tuple[tuple[str, str], ...]
    """Folded name without its last vowel, and the id."""
    exact: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.names)


def build_index(rows: Iterable[Mapping[str, Any]], *, key: str = "id") -> EntityIndex:
    """The index of a collection's rows.

    Args:
        rows: Each with its key, any `name_…` fields, and `aliases` (a list, or names parted by `|`).
        key: Field whose value is the entity's id.
    """
    exact: dict[str, str] = {}
    for row in rows:
        aliases = row.get("aliases") or ()
        listed = aliases.split("|") if isinstance(aliases, str) else list(aliases)
        names = [str(value) for field, value in row.items() if field.startswith("name") and value]
        for name in [*names, *listed, str(row[key])]:
            exact.setdefault(join_name(name), str(row[key]))
    exact.pop("", None)
    stems = {cut_vowel(name): entity_id for name, entity_id in exact.items() if len(cut_vowel(name)) >= 3}
    ordered = sorted(exact.items(), key=lambda pair: -len(pair[0]))
    return EntityIndex(tuple(ordered), tuple(sorted(stems.items(), key=lambda pair: -len(pair[0]))), exact)


def join_name(name: str) -> str:
    """A name folded, without spaces and hyphens."""
    return "".join(token.fold for token in split_tokens(name) if token.kind == "word")


def cut_vowel(name: str) -> str:
    """A name without the last vowel, which Russian cases replace: `Астана` → `Астан`."""
    return name[:-1] if name[-1] in "аяиеуо" else name


def find_entities(tokens: Sequence[Token], index: EntityIndex) -> list[EntityFound]:
    """Names of the collection in a message, in order; the longest match wins, an exact one over a slip."""
    found: list[EntityFound] = []
    position = 0
    while position < len(tokens):
        follows = bool(found) and position - found[-1].last <= 2
        match = match_at(tokens, position, index, likely=follows or len(tokens) <= FEW_TOKENS)
        if match is None:
            position += 1
            continue
        entity_id, last, ending_side = match
        found.append(EntityFound(position, last, entity_id, find_side(tokens, position, last, ending_side)))
        position = last + 1
    return found


def match_at(
    tokens: Sequence[Token], position: int, index: EntityIndex, *, likely: bool
) -> tuple[str, int, Side | None] | None:
    """The name that begins at one token: id, last token, what its ending says.

    Args:
        likely: A name is expected here, so that short ones may be misspelt too.
    """
    if tokens[position].kind != "word" or tokens[position].raw.lower() in NO_NAMES:
        return None
    windows = list(name_windows(tokens, position))
    for joined, last in windows:
        match = match_name(joined, index, named=bool(side_before(tokens, position)))
        if match:
            entity_id, side = match
            return (entity_id, *read_loose_ending(tokens, last, side))
    for joined, last in windows:
        if last > position and (len(joined) < LONG_NAME or holds_name(tokens, position, last, index)):
            continue
        before = side_before(tokens, position)
        match = match_slip(joined, index, likely=likely or bool(before), directed=before in {"from", "to"})
        if match:
            return match[0], last, match[1]
    return None


def holds_name(tokens: Sequence[Token], first: int, last: int, index: EntityIndex) -> bool:
    """Whether one of the tokens is a name by itself, so that the stretch is no misspelt longer name."""
    return any(
        match_name(token.fold, index) or match_slip(token.fold, index, likely=False)
        for token in tokens[first : last + 1]
    )


def name_windows(tokens: Sequence[Token], position: int) -> Iterable[tuple[str, int]]:
    """Joined words from a token on, the longest first: `усть-каменогорск`, `кызыл орда`."""
    joined, last, words = "", position, 0
    windows: list[tuple[str, int]] = []
    while last < len(tokens) and words < LONGEST_NAME:
        token = tokens[last]
        if token.kind == "word":
            joined, words = joined + token.fold, words + 1
            windows.append((joined, last))
        elif token.raw not in "-–.’'" or not token.glued:
            break
        last += 1
    return reversed(windows)


def read_loose_ending(tokens: Sequence[Token], last: int, side: Side | None) -> tuple[int, Side | None]:
    """A case ending that stands apart: `Алматы-дан`, `Taraz ga`."""
    after = last + 1
    if after < len(tokens) and tokens[after].raw in "-–'’" and tokens[after].glued:
        after += 1
    if after < len(tokens) and tokens[after].fold in KAZAKH_CASES and len(tokens[after].fold) >= 2 and side is None:
        follows = tokens[after].glued or tokens[after].fold in ABLATIVE or tokens[after].fold in {"га", "ге"}
        if follows and tokens[after].fold not in {"на", "не", "ни", "де"}:
            return after, KAZAKH_CASES[tokens[after].fold]
    return last, side


def match_name(word: str, index: EntityIndex, *, named: bool = False) -> tuple[str, Side | None] | None:
    """A name, whole or with a Kazakh or Russian case ending.

    Args:
        named: A preposition stands before the word, so that a name of three letters may have an ending too.
    """
    if word in index.exact:
        return index.exact[word], None
    for name, entity_id in index.names:
        if word.startswith(name) and word[len(name) :] in KAZAKH_CASES and len(name) >= 3:
            return entity_id, KAZAKH_CASES[word[len(name) :]]
    for stem, entity_id in index.russian_stems:
        if (
            word.startswith(stem)
            and word[len(stem) :] in RUSSIAN_ENDINGS
            and (named or len(stem) >= 4)
            and word not in COMMON_WORDS
        ):
            return entity_id, RUSSIAN_SIDES.get(word[len(stem) :])
    return None


def match_slip(
    word: str, index: EntityIndex, *, likely: bool, directed: bool = False
) -> tuple[str, Side | None] | None:
    """The name that a misspelt word means: one slip in a short name, two in a long one.

    Args:
        directed: `из` or `до` stands before it, so that it is no everyday word of the other language: `из алмаы`.
    """
    everyday = frozenset() if directed and len(word) >= SHORT_NAME else COMMON_WORDS
    if len(word) < SHORTEST_WORD or word in everyday or word in TABLE:
        return None
    best: tuple[int, str, Side | None] | None = None
    for cut, side in cut_endings(word):
        expected = likely or side in {"from", "to"}
        if cut in everyday or (len(cut) <= SHORT_NAME and not expected):
            continue
        for name, entity_id in index.names:
            limit = allow_slips(cut, name, expected=expected)
            distance = OSA.distance(cut, name, score_cutoff=limit) if limit else 1
            if distance <= limit and (best is None or distance < best[0]):
                best = (distance, entity_id, side)
    return (best[1], best[2]) if best else None


def allow_slips(word: str, name: str, *, expected: bool) -> int:
    """How many slips a word may hold to be still this name."""
    if len(name) < SHORT_NAME or (len(name) == SHORT_NAME and not expected):
        return 0
    if word[0] != name[0] and (len(name) <= SHORT_NAME or len(word) <= SHORT_NAME):
        return 0
    return 2 if min(len(name), len(word)) >= LONG_NAME + (0 if expected else 1) else 1


def cut_endings(word: str) -> list[tuple[str, Side | None]]:
    """The word as it is, then without each Kazakh or Russian ending that it may carry."""
    cuts: list[tuple[str, Side | None]] = [(word, None)]
    cuts += [
        (word[: -len(end)], side)
        for end, side in KAZAKH_CASES.items()
        if word.endswith(end) and len(word) - len(end) >= 4
    ]
    cuts += [(word[: -len(end)], None) for end in RUSSIAN_ENDINGS if word.endswith(end) and len(word) - len(end) >= 4]
    return cuts


def find_side(tokens: Sequence[Token], first: int, last: int, ending: Side | None) -> Side:
    """Where a name stands in a journey, by the words around it and its ending."""
    after = tokens[last + 1].fold if last + 1 < len(tokens) else ""
    for words, side in ((AFTER_VIA, "via"), (AFTER_TO, "to"), (AFTER_FROM, "from")):
        if after in words:
            return side  # type: ignore[return-value]
    if CITY_CASES.get(after):
        return CITY_CASES[after]
    before = side_before(tokens, first)
    if before == "via":
        return "via"
    if ending in {"from", "to"}:
        return ending
    if before in {"to", "in"} and ending == "at":
        return "at"
    return before or ending or ""


def side_before(tokens: Sequence[Token], first: int) -> Side:
    """What the preposition before a name says."""
    position = first - 1
    while position >= 0 and (tokens[position].fold in FILLERS or tokens[position].raw in ".:«\"'"):
        position -= 1
    if position < 0 or tokens[position].kind != "word":
        return ""
    word = tokens[position].fold
    places = LATIN_SIDES | CYRILLIC_SIDES if tokens[position].latin else CYRILLIC_SIDES
    return places.get(word, "")
