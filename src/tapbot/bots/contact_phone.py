"""A contact's phone as a person at the company writes it."""

from __future__ import annotations

from tapbot.bots.understanding.phones import parse_phone
from tapbot.errors import InvalidInput


def read_phone(text: str) -> str:
    """A phone as it is kept, +7….

    Raises:
        InvalidInput: It is none.
    """
    phone = parse_phone(text)
    if phone is None:
        raise InvalidInput(
            "this is no phone.", code="contact.bad_phone", place="phone", hint="Write it as +7 701 234 56 78."
        )
    return phone
