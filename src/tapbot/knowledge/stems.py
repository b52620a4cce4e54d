"""Words and stems of a text in Kazakh, Russian and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from tapbot.loader import load

WORD = re.compile(r"[^\W_]+")
SHORTEST_STEM = 3
KAZAKH_ENDINGS = (
    "лар лер дар дер тар тер ның нің дың дің тың тің ға ге қа ке на не ны ні ды ді ты ті дан ден тан тен нан "
    "нен да де та те нда нде мен бен пен ы і сы сі ым ім ың ің ымыз іміз ыңыз іңіз мын мін сың сің мыз міз сыз "
    "сіз дағы дегі тағы тегі ған ген қан кен атын етін йтын йтін у ып іп п са се ар ер р ла ле лы лі лық лік "
    "дық дік тық тік шы ші уға уге уы уі майды мейді байды бейді пайды пейді айды ейді йды йді мақ мек "
)
KAZAKH_SUFFIXES = tuple(sorted(KAZAKH_ENDINGS.split(), key=lambda suffix: (-len(suffix), suffix)))
"""Endings, the longest first."""
STOP_WORDS: Mapping[str, frozenset[str]] = {
    "kk": frozenset(
        [
            *(
                "мен",
                "сен",
                "ол",
                "біз",
                "сіз",
                "бұл",
                "осы",
                "сол",
                "және",
                "де",
                "да",
                "ма",
                "ме",
                "ба",
                "бе",
                "па",
                "пе",
            ),
            *(
                "бар",
                "жоқ",
                "не",
                "қалай",
                "қандай",
                "қанша",
                "неше",
                "үшін",
                "керек",
                "бола",
                "болады",
                "ғой",
                "екен",
                "еді",
            ),
            *(
                "маған",
                "сіздер",
                "сіздерде",
                "сізде",
                "қайда",
                "қашан",
                "кім",
                "егер",
                "деген",
                "ше",
                "ғана",
                "тағы",
                "айтыңызшы",
                "айтып",
                "айтыңыз",
                "бер",
                "беріңіз",
            ),
        ]
    ),
    "ru": frozenset(
        [
            *(
                "я",
                "ты",
                "он",
                "мы",
                "вы",
                "они",
                "и",
                "а",
                "но",
                "в",
                "на",
                "с",
                "со",
                "у",
                "к",
                "о",
                "об",
                "из",
                "за",
                "до",
            ),
            *(
                "по",
                "от",
                "для",
                "что",
                "как",
                "ли",
                "же",
                "бы",
                "не",
                "нет",
                "да",
                "это",
                "есть",
                "можно",
                "нужно",
                "если",
            ),
            *(
                "мне",
                "меня",
                "вас",
                "вам",
                "нас",
                "какой",
                "какая",
                "какие",
                "когда",
                "где",
                "кто",
                "сколько",
                "или",
                "то",
            ),
            *(
                "при",
                "мой",
                "моя",
                "ваш",
                "ваша",
                "буду",
                "будет",
                "быть",
                "был",
                "так",
                "подскажите",
                "скажите",
                "пожалуйста",
            ),
        ]
    ),
    "en": frozenset(
        [
            *(
                "i",
                "you",
                "he",
                "she",
                "it",
                "we",
                "they",
                "a",
                "an",
                "the",
                "is",
                "are",
                "was",
                "do",
                "does",
                "did",
                "can",
            ),
            *(
                "could",
                "to",
                "of",
                "in",
                "on",
                "at",
                "for",
                "from",
                "with",
                "and",
                "or",
                "if",
                "my",
                "your",
                "me",
                "us",
                "what",
            ),
            *(
                "how",
                "when",
                "where",
                "who",
                "which",
                "there",
                "be",
                "have",
                "has",
                "will",
                "would",
                "it",
                "this",
                "that",
                "any",
            ),
            *("please", "am", "s", "by", "as", "get", "much", "many"),
        ]
    ),
}
"""Words that say nothing about the subject; they weigh little."""


def find_words(text: str) -> list[str]:
    """Words of a text in lower case, `ё` as `е`."""
    return [word.lower().replace("ё", "е") for word in WORD.findall(text)]


@lru_cache(maxsize=1)
def snowball() -> Mapping[str, Callable[[str], str]]:
    """Stemmers of Russian and English."""
    library = load("snowballstemmer")
    return {"ru": library.stemmer("russian").stemWord, "en": library.stemmer("english").stemWord}


@lru_cache(maxsize=16384)
def stem_word(word: str, language: str) -> str:
    """The stem of a lower-case word."""
    return stem_kazakh(word) if language == "kk" else str(snowball()[language](word))


def stem_kazakh(word: str) -> str:
    """A Kazakh word without its endings, the longest first, as long as a stem remains."""
    for _ in range(3):
        for suffix in KAZAKH_SUFFIXES:
            if word.endswith(suffix) and len(word) - len(suffix) >= SHORTEST_STEM:
                word = word[: -len(suffix)]
                break
        else:
            break
    return word
