"""Which language a message is in: Kazakh, Russian or English, also misspelt, in Latin letters, or mixed."""

from __future__ import annotations

from collections.abc import Sequence

from tapbot.bots.understanding.common_words import COMMON_BY_LANGUAGE
from tapbot.bots.understanding.lexicon import TABLE, find_suffixed
from tapbot.bots.understanding.text import Token, fold_words, split_tokens

KAZAKH_LETTERS = frozenset("әғқңөұүһі")
RUSSIAN_LETTERS = frozenset("ёэщцфчъь")
KAZAKH_ENDINGS = (
    *(
        "дан",
        "ден",
        "тан",
        "тен",
        "нан",
        "нен",
        "ға",
        "ге",
        "қа",
        "лар",
        "лер",
        "дар",
        "дер",
        "мыз",
        "миз",
        "мін",
        "мин",
    ),
    *(
        "сыз",
        "сиз",
        "ғы",
        "гі",
        "ғым",
        "келеді",
        "айын",
        "ейін",
        "амын",
        "емін",
        "ады",
        "еді",
        "ып",
        "іп",
        "уге",
        "уға",
    ),
    *("ңыз", "ңіз", "ймын", "ймін", "дық", "дік", "тық", "тік", "нің", "дің", "тің", "ның", "дың", "тың", "йық", "йік"),
    *("ыммен", "іммен", "са", "се"),
)
KAZAKH_FOLDED_ENDINGS = fold_words(
    "дан ден тан тен нан нен ға лар лер мыз мін сыз ғым еді адым едім айын ейін амын емін ады ып уге уға "
    "ңыз імін дық тық нің дің тің мен "
)
RUSSIAN_ENDINGS = (
    *("ого", "его", "ому", "ему", "ыми", "ими", "ать", "ять", "ить", "еть", "уть", "ется", "ются", "ешь", "ете", "ите"),
    *(
        "ает",
        "яет",
        "ует",
        "ают",
        "яют",
        "ами",
        "ями",
        "ной",
        "ная",
        "ное",
        "ные",
        "ный",
        "ость",
        "ение",
        "ения",
        "или",
    ),
    *("али", "ела", "ило", "ться", "тся", "ку", "шь", "йте", "чик", "щик", "ция"),
)
RUSSIAN_FOLDED_ENDINGS = fold_words(
    "ого его ому ему ать ить еть уть ется ются ешь ете ите ает ует ают ами ями ной ние ний ость ение али "
    "или ела ило тся йте "
)
ENGLISH_ENDINGS = ("ing", "tion", "ed", "ly", "ould", "ght", "ness", "ment", "able", "n't", "ck", "oo", "ee", "th")
EVERYWHERE = frozenset({"yes", "no", "ok", "okay", "да", "нет", "ок", "окей", "ага", "угу"})
"""Said in every language: they do not change the one of a conversation."""
STEP, LISTED = 0.6, 0.8
"""What an ending says, beside 1 for a known word."""


def detect_language(text: str, *, previous: str | None = None, default: str = "ru") -> str:
    """The dominating language of a message.

    Args:
        previous: Language of the conversation so far; it decides when the text itself does not.
        default: Language when nothing else decides.
    """
    return rank_languages(split_tokens(text), previous=previous, default=default)[0]


def rank_languages(tokens: Sequence[Token], *, previous: str | None = None, default: str = "ru") -> tuple[str, ...]:
    """All languages, the likeliest first."""
    scores = score_languages(tokens)
    if previous in scores and all(token.raw.lower() in EVERYWHERE for token in tokens if token.kind == "word"):
        scores = dict.fromkeys(scores, 0.0)
    for language, bonus in ((default, 0.01), (previous, 0.25)):
        if language in scores:
            scores[language] += bonus
    return tuple(sorted(scores, key=lambda language: -scores[language]))


def score_languages(tokens: Sequence[Token]) -> dict[str, float]:
    """How much each language is felt in a message, by words."""
    scores = {"kk": 0.0, "ru": 0.0, "en": 0.0}
    for token in tokens:
        if token.kind == "word":
            for language, weight in score_word(token).items():
                scores[language] += weight
    return scores


def score_word(token: Token) -> dict[str, float]:
    """What one word says about the language."""
    lowered = token.raw.lower()
    if KAZAKH_LETTERS & set(lowered):
        return {"kk": 1.5}
    known = [
        language for language, words in COMMON_BY_LANGUAGE.items() if token.fold in words and fits(language, token)
    ]
    if token.latin and "en" in known:
        return {"en": 1.0} if known == ["en"] else {"en": 0.8}
    if known:
        return {language: 1.0 / len(known) for language in known}
    listed = {entry[2] for entry in TABLE.get(token.fold, ()) if fits(entry[2], token)}
    listed = listed or {entry[2] for entry, _ in find_suffixed(token.fold)}
    if len(listed) == 1:
        return {listed.pop(): LISTED}
    return score_latin_word(token, lowered) if token.latin else score_cyrillic_word(lowered)


def fits(language: str, token: Token) -> bool:
    """English is written in Latin letters; Kazakh and Russian in either."""
    return token.latin or language != "en"


def score_cyrillic_word(lowered: str) -> dict[str, float]:
    scores: dict[str, float] = {}
    if RUSSIAN_LETTERS & set(lowered):
        scores["ru"] = 0.4
    if len(lowered) >= 5 and lowered.endswith(RUSSIAN_ENDINGS):
        scores["ru"] = scores.get("ru", 0.0) + STEP
    if len(lowered) >= 5 and lowered.endswith(KAZAKH_ENDINGS):
        scores["kk"] = STEP
    return scores


def score_latin_word(token: Token, lowered: str) -> dict[str, float]:
    scores: dict[str, float] = {"en": 0.15}
    if len(lowered) >= 4 and any(ending in lowered for ending in ENGLISH_ENDINGS):
        scores["en"] = 0.5
    if len(token.fold) >= 5 and token.fold.endswith(KAZAKH_FOLDED_ENDINGS):
        scores["kk"] = STEP
    if len(token.fold) >= 5 and token.fold.endswith(RUSSIAN_FOLDED_ENDINGS):
        scores["ru"] = STEP
    return scores
