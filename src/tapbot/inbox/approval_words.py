"""What people read who are asked to decide, in the three languages."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT = "ru"
PRESS = "ap:"
"""How the value of a button begins: `ap:{token}:y` or `ap:{token}:n`, within Telegram's 64 bytes."""
YES, NO = "y", "n"
TEXTS: Mapping[str, Mapping[str, str]] = {
    "approve": {"kk": "✅ Мақұлдау", "ru": "✅ Одобрить", "en": "✅ Approve"},
    "refuse": {"kk": "❌ Бас тарту", "ru": "❌ Отклонить", "en": "❌ Refuse"},
    "until": {"kk": "Шешім мерзімі: {time}", "ru": "Решить до: {time}", "en": "Decide by: {time}"},
    "again": {
        "kk": "🔁 Әлі жауап жоқ, қайта сұраймын.",
        "ru": "🔁 Ответа ещё нет, спрашиваю снова.",
        "en": "🔁 No answer yet, asking again.",
    },
    "page": {"kk": "Шешім қабылдау:", "ru": "Решить здесь:", "en": "Decide here:"},
    "title": {"kk": "Шешім қажет", "ru": "Нужно решение", "en": "A decision is needed"},
    "once": {
        "kk": "Шешім бір рет қабылданады және өзгертілмейді.",
        "ru": "Решение принимается один раз, изменить его нельзя.",
        "en": "It is decided once and cannot be changed.",
    },
    "approved": {"kk": "Мақұлданды: {question}", "ru": "Одобрено: {question}", "en": "Approved: {question}"},
    "refused": {"kk": "Бас тартылды: {question}", "ru": "Отклонено: {question}", "en": "Refused: {question}"},
    "decided_before": {
        "kk": "Бұл мәселе бұрын шешілген.",
        "ru": "Это уже решено.",
        "en": "This has been decided already.",
    },
    "late": {
        "kk": "Шешім қабылдайтын уақыт өтіп кетті.",
        "ru": "Время на решение вышло.",
        "en": "The time to decide is over.",
    },
    "not_yours": {
        "kk": "Бұл сұрақ сізге қойылмаған.",
        "ru": "Этот вопрос задан не вам.",
        "en": "You were not asked this.",
    },
}


def text(key: str, language: str, **values: str) -> str:
    """A text, in Russian where the language has none."""
    by_language = TEXTS[key]
    return by_language.get(language, by_language[DEFAULT]).format(**values)
