"""Personal data that a model must not get: identity numbers and cards are replaced before anything leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tapbot.bots.understanding.phones import find_phones

CARD = re.compile(r"(?<![\w+])\d(?:[ \-]?\d){12,18}(?!\w)")
IDENTITY = re.compile(r"(?<![\w+])\d{12}(?!\w)")
"""IIN and BIN: twelve digits in a row."""
HIDDEN_CARD, HIDDEN_IDENTITY, HIDDEN_PHONE = "[card number hidden]", "[identity number hidden]", "[phone hidden]"
SHOWN_DIGITS = 4


def mask_text(text: str, *, phones: bool = False) -> str:
    """Text without card and identity numbers, which no tool ever needs from a model.

    Args:
        phones: Hide telephone numbers too, for a bot none of whose tools takes one.
    """
    masked = CARD.sub(lambda found: HIDDEN_CARD if is_card(found.group()) else found.group(), text)
    masked = IDENTITY.sub(HIDDEN_IDENTITY, masked)
    if phones:
        for found in reversed(find_phones(masked)):
            masked = masked[: found.start] + HIDDEN_PHONE + masked[found.end :]
    return masked


def mask_result(value: Any, key: str = "") -> Any:
    """A tool's result for a model: as `mask_text`, and of phones only the last digits."""
    if isinstance(value, Mapping):
        return {name: mask_result(one, str(name)) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [mask_result(one, key) for one in value]
    if isinstance(value, str):
        return shorten_phone(value) if key.lower().endswith("phone") else mask_text(value)
    return value


def shorten_phone(phone: str) -> str:
    """`…4567`: enough to recognise one's own number."""
    return f"…{phone[-SHOWN_DIGITS:]}" if len(phone) > SHOWN_DIGITS else phone


def is_card(text: str) -> bool:
    """Whether digits pass the check of card numbers (ISO/IEC 7812, Luhn)."""
    digits = [int(one) for one in re.sub(r"\D", "", text)]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return len(digits) >= 13 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
