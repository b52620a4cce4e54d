"""The words of dates, times and counts in Kazakh, Russian and English, and how a message's tokens become atoms.

An atom is what a word means, whatever its language: `("number", 8)`, `("weekday", 5)`, `("part", "evening")`. The
grammars of dates and counts are written over atoms, once for all languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from tapbot.bots.understanding.common_words import COMMON_BY_LANGUAGE, COMMON_WORDS
from tapbot.bots.understanding.text import Token, fold_word, fold_words
from tapbot.bots.understanding.words_en import ENGLISH
from tapbot.bots.understanding.words_kk import KAZAKH
from tapbot.bots.understanding.words_ru import RUSSIAN

Value = int | str

KAZAKH_SUFFIXES = tuple(
    sorted(
        set(
            fold_words(
                "да де та те дан ден тан тен нан нен ға ге қа ке на не ны ні ды ді ты ті ның нің дың дің тың тің "
                "дағы дегі  тағы тегі ғы гі қы кі нда нде ына іне сына сіне ында інде сында сінде ы і сы сі ім ым "
                "іміз ымыз міз мыз  лар лер дар дер тар тер мен бен пен ғана лық лік дық дік тық тік інші ншы нші "
                "ыншы "
            )
        ),
        key=lambda suffix: (-len(suffix), suffix),
    )
)
"""Endings of Kazakh nouns and numerals, folded, longest first."""

LOCATIVE = frozenset(fold_words("да де та те нда нде"))
ABLATIVE = frozenset(fold_words("дан ден тан тен нан нен"))
DATIVE = frozenset(fold_words("ға ге қа ке на не а е"))
ORDINAL_MARKS = frozenset(
    fold_words("го ого е ое ье ому му ым м th st nd rd і ы сі сы інде ында сінде сында ші шы інші ншы нші")
)
COLLECTIVE_MARKS = frozenset(fold_words("х ех их ем оих еу еуміз ау ауміз ауымыз"))

FUZZY_KINDS = frozenset({"day", "weekday", "month", "part", "people", "seat", "hour"})
FUZZY_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Atom:
    """What a stretch of tokens means.

    `kind` is `word` for a word that is none of the lexicon's, `mark` for punctuation.
    """

    kind: str
    value: Value
    first: int
    """Index of the first token."""
    last: int
    """Index of the last token."""
    fold: str = ""
    suffix: str = ""
    """Folded Kazakh ending, or the letters glued to a number (`8-де`, `15-го`)."""
    language: str = ""
    spelled: bool = False
    """A number written in words."""


Entry = tuple[str, Value, str]
Table = dict[str, tuple[Entry, ...]]


def build_table() -> Table:
    """Folded word or words → what they may mean, for all three languages."""
    table: dict[str, list[Entry]] = {}
    for language, words in (("kk", KAZAKH), ("ru", RUSSIAN), ("en", ENGLISH)):
        for kind, meanings in words.items():
            for value, spellings in meanings.items():
                for spelling in spellings.split():
                    key = " ".join(fold_word(part) for part in spelling.split("_"))
                    entry = (kind, value, language)
                    if entry not in table.setdefault(key, []):
                        table[key].append(entry)
    return {key: tuple(entries) for key, entries in table.items()}


TABLE = build_table()
LONGEST = max(key.count(" ") + 1 for key in TABLE)
FUZZY_KEYS = tuple(
    key
    for key, entries in TABLE.items()
    if len(key) >= FUZZY_LENGTH and " " not in key and any(kind in FUZZY_KINDS for kind, _, _ in entries)
)


def read_atoms(tokens: Sequence[Token], languages: Iterable[str]) -> list[Atom]:
    """The meaning of a message's tokens.

    Args:
        languages: Languages that the message may be in, the likeliest first: `on` is ten in Kazakh and a preposition
            in English, `он` is ten in Kazakh and a pronoun in Russian.
    """
    order = tuple(languages)
    atoms: list[Atom] = []
    index = 0
    while index < len(tokens):
        atom = read_atom(tokens, index, order)
        atoms.append(atom)
        index = atom.last + 1
    return join_numbers(atoms)


def read_atom(tokens: Sequence[Token], index: int, languages: tuple[str, ...]) -> Atom:
    """The atom that begins at one token: the longest one wins."""
    token = tokens[index]
    if token.kind == "number":
        return read_digits(tokens, index)
    if token.raw == "@":
        return Atom("at", 0, index, index, "@", language="en")
    if token.kind == "mark":
        return Atom("mark", token.raw, index, index, token.raw)
    for length in range(min(LONGEST, len(tokens) - index), 0, -1):
        stretch = tokens[index : index + length]
        if any(part.kind != "word" for part in stretch):
            continue
        key = " ".join(part.fold for part in stretch)
        entry = choose_entry(TABLE.get(key, ()), token.latin, languages)
        if entry and not is_foreign(entry, key, languages):
            return make_atom(entry, index, index + length - 1, key)
    found = strip_suffix(token, languages) or match_typo(token, languages)
    if found:
        entry, suffix = found
        return replace(make_atom(entry, index, index, token.fold), suffix=suffix)
    return Atom("word", token.fold, index, index, token.fold)


def make_atom(entry: Entry, first: int, last: int, fold: str) -> Atom:
    kind, value, language = entry
    return Atom(kind, value, first, last, fold, "", language, spelled=kind == "number")


def choose_entry(entries: Sequence[Entry], latin: bool, languages: tuple[str, ...]) -> Entry | None:
    """The meaning that fits the script and the likeliest language."""
    if latin:
        english = [entry for entry in entries if entry[2] == "en"]
        others = [entry for entry in entries if entry[2] != "en"]
        return next(iter(english + others if languages[0] == "en" else others + english), None)
    fitting = [entry for entry in entries if entry[2] != "en"]
    return min(fitting, key=lambda entry: rank_language(entry[2], languages), default=None)


def is_foreign(entry: Entry, key: str, languages: tuple[str, ...]) -> bool:
    """A word of another language that is an everyday word of this one: Russian `он` is not the Kazakh ten."""
    return entry[2] != languages[0] and key in COMMON_BY_LANGUAGE[languages[0]]


def rank_language(language: str, languages: tuple[str, ...]) -> int:
    return languages.index(language) if language in languages else len(languages)


def read_digits(tokens: Sequence[Token], index: int) -> Atom:
    """A number with the letters that are glued to it: `8-де`, `15го`, `2х`."""
    token = tokens[index]
    value = int(token.raw) if len(token.raw) <= 9 else -1
    after = index + 1
    if after < len(tokens) and tokens[after].glued and tokens[after].raw in "-–‑":
        after += 1
    if after < len(tokens) and tokens[after].kind == "word" and tokens[after].glued:
        tail = tokens[after].fold
        if tail in COLLECTIVE_MARKS:
            return Atom("collective", value, index, after, token.raw, tail)
        if tail in ORDINAL_MARKS or tail in KAZAKH_SUFFIXES or tail in DATIVE:
            return Atom("number", value, index, after, token.raw, tail)
    return Atom("number", value, index, index, token.raw)


@lru_cache(maxsize=4096)
def find_suffixed(fold: str) -> tuple[tuple[Entry, str], ...]:
    """Lexicon entries whose word, with a Kazakh ending, gives `fold`."""
    return tuple(
        (entry, suffix)
        for suffix in KAZAKH_SUFFIXES
        if fold.endswith(suffix) and len(fold) - len(suffix) >= 2
        for entry in TABLE.get(fold[: -len(suffix)], ())
        if entry[2] == "kk"
    )


def strip_suffix(token: Token, languages: tuple[str, ...]) -> tuple[Entry, str] | None:
    """A Kazakh word of the lexicon with a case ending: `сегізде`, `жексенбіге`."""
    if token.fold in COMMON_WORDS or (token.latin and languages[0] == "en"):
        return None
    return next(iter(find_suffixed(token.fold)), None)


@lru_cache(maxsize=4096)
def find_typo(fold: str) -> tuple[Entry, ...]:
    """Entries of the long word of the lexicon that is one slip away."""
    if len(fold) < FUZZY_LENGTH or fold in COMMON_WORDS:
        return ()
    found = process.extractOne(fold, FUZZY_KEYS, scorer=OSA.distance, score_cutoff=2)
    if found is None:
        return ()
    best, distance, _ = found
    limit = 2 if len(fold) >= 8 and len(best) >= 8 else 1
    return TABLE[best] if distance <= limit else ()


def match_typo(token: Token, languages: tuple[str, ...]) -> tuple[Entry, str] | None:
    entry = choose_entry(find_typo(token.fold), token.latin, languages)
    return (entry, "") if entry else None


def join_numbers(atoms: list[Atom]) -> list[Atom]:
    """Tens and units become one number: `двадцать пять`, `он бірде`, `twenty five`."""
    joined: list[Atom] = []
    for atom in atoms:
        before = joined[-1] if joined else None
        if before and is_tens(before) and atom.kind in {"number", "ordinal"} and is_unit(atom, before):
            value = int(before.value) + int(atom.value)
            joined[-1] = replace(atom, value=value, first=before.first)
        else:
            joined.append(atom)
    return joined


def is_tens(atom: Atom) -> bool:
    return atom.kind == "number" and atom.spelled and int(atom.value) in range(10, 100, 10) and not atom.suffix


def is_unit(atom: Atom, tens: Atom) -> bool:
    """Kazakh says `он бір` for eleven; Russian and English have a word of their own, so ten takes no unit there."""
    spelled = atom.spelled or atom.kind == "ordinal"
    return spelled and 1 <= int(atom.value) <= 9 and (int(tens.value) > 10 or tens.language == "kk")
