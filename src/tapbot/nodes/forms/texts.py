"""The words of a form's page, in the language that its reader prefers."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "ru", "kk")
TEXTS: Mapping[str, Mapping[str, str]] = {
    "submit": {"en": "Submit", "ru": "Отправить", "kk": "Жіберу"},
    "recorded": {
        "en": "Your response has been recorded.",
        "ru": "Ваш ответ записан.",
        "kk": "Жауабыңыз жазылды.",
    },
    "sent": {"en": "Form submitted", "ru": "Форма отправлена", "kk": "Форма жіберілді"},
    "failed": {
        "en": "There was a problem with your response. Try again later.",
        "ru": "Не удалось обработать ваш ответ. Попробуйте позже.",
        "kk": "Жауабыңызды өңдеу мүмкін болмады. Кейінірек қайталап көріңіз.",
    },
    "working": {
        "en": "One moment: your answers are being worked on. This page goes on by itself.",
        "ru": "Минуту: ваши ответы обрабатываются. Страница обновится сама.",
        "kk": "Бір сәт: жауаптарыңыз өңделіп жатыр. Бет өзі жаңарады.",
    },
    "problems": {
        "en": "Some answers need another look.",
        "ru": "Проверьте, пожалуйста, отмеченные ответы.",
        "kk": "Белгіленген жауаптарды тексеріңізші.",
    },
    "required": {"en": "Please fill this in.", "ru": "Заполните это поле.", "kk": "Бұл өрісті толтырыңыз."},
    "too_long": {"en": "This is too long.", "ru": "Слишком длинный ответ.", "kk": "Жауап тым ұзын."},
    "no_choice": {
        "en": "Please take one of the choices.",
        "ru": "Выберите из предложенного.",
        "kk": "Ұсынылғандардың бірін таңдаңыз.",
    },
    "how_many": {
        "en": "This is not the right number of choices.",
        "ru": "Выбрано неверное число вариантов.",
        "kk": "Таңдалған нұсқалар саны дұрыс емес.",
    },
    "number": {"en": "This is no number.", "ru": "Это не число.", "kk": "Бұл сан емес."},
    "date": {"en": "This is no date.", "ru": "Это не дата.", "kk": "Бұл күн емес."},
    "email": {
        "en": "This is no e-mail address.",
        "ru": "Это не адрес электронной почты.",
        "kk": "Бұл электрондық пошта мекенжайы емес.",
    },
    "file": {
        "en": "A file of this kind is not taken.",
        "ru": "Файлы такого вида не принимаются.",
        "kk": "Мұндай файл қабылданбайды.",
    },
    "one_file": {"en": "Please send one file only.", "ru": "Отправьте один файл.", "kk": "Бір ғана файл жіберіңіз."},
}


def say(name: str, language: str) -> str:
    """A text in a language, else in English."""
    texts = TEXTS[name]
    return texts.get(language) or texts["en"]


def reader_language(accepted: str) -> str:
    """The language that a browser asks for.

    Args:
        accepted: The header `Accept-Language`.
    """
    weighed = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, rest = part.partition(";")
        weight = rest.strip().removeprefix("q=")
        try:
            weighed.append((-float(weight) if weight else -1.0, place, tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((language for _, _, language in sorted(weighed) if language in LANGUAGES), LANGUAGES[0])
