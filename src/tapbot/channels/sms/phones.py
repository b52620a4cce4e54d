"""Phone numbers as the world writes them (ITU-T E.164). Pure."""

from __future__ import annotations

import re

from tapbot.errors import InvalidInput

WRITTEN = re.compile(r"\+?[\d\s().\-\u00a0\u2011]{5,40}")
E164 = re.compile(r"\+[1-9]\d{6,14}")
NATIONAL_DIGITS = 10


def normalise(written: str) -> str:
    """`+77011234567` for `8 (701) 123-45-67`, `+7 701 123 45 67`, `0077011234567` or `77011234567`.

    Only a number without a country may begin with 8, as people in Kazakhstan and Russia write theirs.

    Raises:
        InvalidInput: It is no phone number.
    """
    digits = "".join(letter for letter in written if letter in "0123456789")
    number = f"+{digits}"
    if not written.strip().startswith("+"):
        if digits.startswith("00"):
            number = f"+{digits[2:]}"
        elif digits.startswith("8") and len(digits) == NATIONAL_DIGITS + 1:
            number = f"+7{digits[1:]}"
    if not WRITTEN.fullmatch(written.strip()) or not E164.fullmatch(number):
        raise InvalidInput(
            "The chat is no phone number.",
            code="sms.bad_number",
            place="chat_id",
            hint="Write it with its country, such as +77011234567.",
        )
    return number
