"""Text in the form in which it is compared: tokens, folded letters, Latin spelling read as Cyrillic."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

TOKEN = re.compile(r"\d+|(?<![^\W_])[ap]\.\s?m\b\.?|[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*|[^\w\s]|_", re.IGNORECASE)
REPEATED = re.compile(r"([^\W\d_])\1+")

FOLD = str.maketrans(
    {
        "ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "һ": "х", "і": "и", "ё": "е",
        "й": "и", "ы": "и", "э": "е", "щ": "ш", "ь": "", "ъ": "", "ў": "у", "ї": "и", "є": "е",
        "'": "", "’": "", "ʼ": "", "`": "", ".": "", " ": "",
    }
)  # fmt: skip
"""Kazakh typed without its letters, `ы` for `и`, a lost soft sign: all give one form."""

LATIN_GROUPS = (
    ("shch", "ш"), ("sch", "ш"), ("zh", "ж"), ("kh", "х"), ("gh", "г"), ("sh", "ш"), ("ch", "ч"), ("ts", "ц"),
    ("ya", "я"), ("yu", "ю"), ("yo", "е"), ("ye", "е"), ("ck", "к"), ("ph", "ф"),
)  # fmt: skip
LATIN_LETTERS = {
    "a": "а", "b": "б", "c": "к", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и", "j": "ж", "k": "к",
    "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т", "u": "у", "v": "в",
    "w": "у", "x": "х", "y": "и", "z": "з", "ä": "а", "ö": "о", "ü": "у", "ı": "и", "ñ": "н", "ğ": "г", "ş": "ш",
    "ç": "ч", "ú": "у", "á": "а", "é": "е", "í": "и", "ó": "о", "ā": "а",
}  # fmt: skip

Kind = Literal["word", "number", "mark"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number or a mark of a message."""

    raw: str
    start: int
    end: int
    kind: Kind
    fold: str
    """The form that is compared: Cyrillic without Kazakh letters, doubled letters made one."""
    latin: bool
    """Written in Latin letters."""
    glued: bool
    """Nothing stands between it and the token before."""


@lru_cache(maxsize=8192)
def fold_word(word: str) -> str:
    """The form in which words are compared, for Cyrillic and Latin alike.

    `ертең`, `ертен` and `erteng` give the same; so do `Алматы`, `almaty` and `Алмати`.
    """
    lowered = unicodedata.normalize("NFKC", word).lower()
    if any("a" <= letter <= "z" for letter in lowered):
        lowered = read_latin(lowered)
    return REPEATED.sub(r"\1", lowered.translate(FOLD))


def fold_words(text: str) -> tuple[str, ...]:
    """Several words, folded."""
    return tuple(fold_word(word) for word in text.split())


def read_latin(word: str) -> str:
    """Kazakh or Russian written in Latin letters, read as Cyrillic; for English words merely a stable form."""
    if word.endswith("ng"):
        word = word[:-1]
    for group, letter in LATIN_GROUPS:
        word = word.replace(group, letter)
    return "".join(LATIN_LETTERS.get(letter, letter) for letter in word)


def is_latin(word: str) -> bool:
    """Whether most letters of a word are Latin ones."""
    latin = sum(1 for letter in word if "a" <= letter.lower() <= "z" or letter.lower() in "äöüıñğşç")
    return latin * 2 > sum(1 for letter in word if letter.isalpha())


def split_tokens(text: str) -> list[Token]:
    """Words, numbers and marks of a message in order; `8-де` and `10да` come apart."""
    tokens: list[Token] = []
    for found in TOKEN.finditer(text):
        raw = found.group()
        kind: Kind = "number" if raw.isdigit() else "word" if raw[0].isalpha() else "mark"
        glued = bool(tokens) and tokens[-1].end == found.start()
        fold = fold_word(raw) if kind == "word" else raw
        tokens.append(Token(raw, found.start(), found.end(), kind, fold, kind == "word" and is_latin(raw), glued))
    return tokens
