"""What the agent says by itself: the project's texts where it has them, else short ones of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapbot.bots.types import TurnTools
from tapbot.errors import NotFound

OWN: Mapping[str, Mapping[str, str]] = {
    "button.yes": {"kk": "Иә", "ru": "Да", "en": "Yes"},
    "button.no": {"kk": "Жоқ", "ru": "Нет", "en": "No"},
    "button.retry": {"kk": "Қайталау", "ru": "Повторить", "en": "Try again"},
    "button.person": {"kk": "Операторды шақыру", "ru": "Позвать оператора", "en": "Call a person"},
    "button.stale": {
        "kk": "Бұл батырма енді істемейді.",
        "ru": "Эта кнопка уже не действует.",
        "en": "That button no longer works.",
    },
    "person.called": {
        "kk": "Операторды шақырдым, осы жерге жазады.",
        "ru": "Позвал оператора, он ответит прямо здесь.",
        "en": "I have called a person. They will write here.",
    },
    "tool.failed": {
        "kk": "Кешіріңіз, қазір бірдеңе істемей тұр. Сәл кейін қайталап көріңіз.",
        "ru": "Простите, сейчас что-то не сработало. Попробуйте чуть позже.",
        "en": "Sorry, something did not work just now. Try again in a moment.",
    },
    "agent.confirm": {"kk": "Растайсыз ба?\n{details}", "ru": "Подтверждаете?\n{details}", "en": "Shall I?\n{details}"},
    "agent.done": {"kk": "Дайын.\n{details}", "ru": "Готово.\n{details}", "en": "Done.\n{details}"},
    "agent.silent": {
        "kk": "Кешіріңіз, қазір жауап бере алмаймын. Сәл кейін жазып көріңіз.",
        "ru": "Простите, сейчас не могу ответить. Попробуйте чуть позже.",
        "en": "Sorry, I cannot answer right now. Please try again a little later.",
    },
}


def text_of(tools: TurnTools, key: str, language: str, **values: Any) -> str:
    """A text of the project, or ours where the project has none of that key."""
    try:
        return tools.text(key, language, **values)
    except (NotFound, KeyError):
        text = OWN.get(key, {}).get(language) or OWN["tool.failed"][language]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text


def list_details(values: Mapping[str, Any]) -> str:
    """Values as lines, for a tool that no flow has texts for."""
    plain = {name: value for name, value in values.items() if isinstance(value, str | int | float)}
    return "\n".join(f"{name}: {value}" for name, value in plain.items())
