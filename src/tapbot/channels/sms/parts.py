"""How many parts a text message takes, each of which is paid for (3GPP TS 23.038 and 23.040). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Letters that take two places: an escape and themselves."""
GSM7_UNITS, UCS2_UNITS = (160, 153), (70, 67)
"""What fits in a message of one part, and in each part of several, which need room for their numbers."""


@dataclass(frozen=True)
class Size:
    """How long a text is as the phone network counts.

    Args:
        units: Letters of 7 bits, or of 16.
    """

    alphabet: Literal["GSM 7", "UCS-2"]
    units: int
    parts: int


def measure(text: str) -> Size:
    """Count the parts of a text: 160 letters or 153 each where the old alphabet has all of them, else 70 or 67."""
    old = all(letter in BASIC or letter in EXTENDED for letter in text)
    if old:
        widths = [2 if letter in EXTENDED else 1 for letter in text]
    else:
        widths = [2 if letter > "\uffff" else 1 for letter in text]
    alone, each = GSM7_UNITS if old else UCS2_UNITS
    units = sum(widths)
    return Size("GSM 7" if old else "UCS-2", units, 1 if units <= alone else _count_parts(widths, each))


def _count_parts(widths: list[int], each: int) -> int:
    """Fill part after part: a letter of two places is never torn apart."""
    parts, used = 1, 0
    for width in widths:
        if used + width > each:
            parts, used = parts + 1, 0
        used += width
    return parts
