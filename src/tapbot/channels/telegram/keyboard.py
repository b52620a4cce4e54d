"""Telegram's limits, and buttons laid out as an inline keyboard within them."""

from __future__ import annotations

from tapbot.channels.limits import Limits
from tapbot.channels.telegram.generated import InlineKeyboardButton, InlineKeyboardMarkup
from tapbot.channels.types import Button
from tapbot.errors import InvalidInput

LIMITS = Limits(
    text_units=4096,
    inbound_text_units=4096,
    buttons=100,
    label_units=64,
    value_bytes=64,
    sends_per_second=30,
    sends_per_second_per_chat=1,
    sends_per_minute_per_group=20,
)
ROW_UNITS = 26
"""Labels that share a row stay readable on a narrow phone up to this length."""
ROW_BUTTONS = 3


def make_keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    """Lay buttons out below a message: short ones share a row.

    Raises:
        InvalidInput: A value is longer than Telegram's 64 bytes, a label is empty, or there are too many.
    """
    if len(buttons) > LIMITS.buttons:
        raise InvalidInput(f"Telegram takes {LIMITS.buttons} buttons at most.", code="telegram.too_many_buttons")
    rows: list[list[InlineKeyboardButton]] = []
    units = 0
    for button in buttons:
        _check_button(button)
        units += len(button.label)
        if not rows or units > ROW_UNITS or len(rows[-1]) >= ROW_BUTTONS:
            rows.append([])
            units = len(button.label)
        rows[-1].append(InlineKeyboardButton(text=button.label, callback_data=button.value))
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _check_button(button: Button) -> None:
    size_bytes = len(button.value.encode())
    if not 1 <= size_bytes <= LIMITS.value_bytes:
        raise InvalidInput(
            f"The button {button.label!r} has a value of {size_bytes} bytes; Telegram takes 1 to {LIMITS.value_bytes}.",
            code="telegram.value_too_long",
            hint="Give the button a short value and keep the rest in the conversation's state.",
        )
    if not button.label.strip():
        raise InvalidInput("A button has no label.", code="telegram.empty_label")
