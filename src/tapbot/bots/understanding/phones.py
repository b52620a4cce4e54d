"""Telephone numbers in a message, in the form that is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

DIGITS = re.compile(r"(?<![\w+])\+?\s?\(?\d[\d\s().\-–]{4,}\d(?!\w)")
SHORTEST, SHORTEST_EXPECTED = 8, 5
"""Fewer digits than this are a time or a count, not a telephone number."""


@dataclass(frozen=True, slots=True)
class PhoneFound:
    """A stretch of digits that looks like a telephone number."""

    start: int
    end: int
    phone: str | None
    """`+77011234567`; `None` when the digits are no possible number."""


def find_phones(text: str, *, region: str = "KZ", expected: bool = False) -> list[PhoneFound]:
    """Telephone numbers of a message, in order; impossible ones too, so that the bot can say so.

    Args:
        region: Country of numbers that are written without its code.
        expected: The bot has just asked for the number: fewer digits are already a number gone wrong.
    """
    shortest = SHORTEST_EXPECTED if expected else SHORTEST
    found = []
    for match in DIGITS.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) >= shortest and not looks_like_date(match.group()):
            found.append(PhoneFound(match.start(), match.end(), parse_phone(match.group(), region=region)))
    return found


def looks_like_date(text: str) -> bool:
    """`15.03.2026`, `2026-03-05 08:00`."""
    return bool(re.match(r"\s*(\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2})\b", text))


def parse_phone(text: str, *, region: str = "KZ") -> str | None:
    """One number as `+77011234567`; `None` when it is none.

    Args:
        region: Country of numbers that are written without its code.
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) == 11 and digits.startswith("7") and not text.strip().startswith("+"):
        text = "+" + digits
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or len(digits) < 10:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def format_phone(phone: str) -> str:
    """`+77011234567` as a person reads it: `+7 701 123 4567`."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
