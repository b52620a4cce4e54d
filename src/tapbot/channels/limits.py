"""What fits in one message of a channel, and how a longer text is split at borders that people do not mind."""

from __future__ import annotations

from dataclasses import dataclass

BORDERS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")


@dataclass(frozen=True)
class Limits:
    """Sizes and rates of a channel.

    Args:
        text_units: Longest text of one message, in UTF-16 units as Telegram counts; longer ones are split.
        inbound_text_units: Longest text that a customer may write.
        buttons: Most buttons below one message.
        label_units: Longest label of a button.
        value_bytes: Longest value of a button, in UTF-8.
        sends_per_second: Messages over all chats; `None` for no limit.
        sends_per_second_per_chat: Messages to one chat; `None` for no limit.
        sends_per_minute_per_group: Messages to one group, whose id begins with `-`; `None` for no limit.
    """

    text_units: int
    inbound_text_units: int
    buttons: int
    label_units: int
    value_bytes: int
    sends_per_second: float | None = None
    sends_per_second_per_chat: float | None = None
    sends_per_minute_per_group: float | None = None


def count_units(text: str) -> int:
    """Length in UTF-16 units: most letters count one, most emoji two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def split_text(text: str, limit_units: int) -> list[str]:
    """Cut a text into parts of at most `limit_units`, at the end of a paragraph, line, sentence or word if possible.

    Nothing but the spaces at a cut is lost. A text within the limit stays as it is.
    """
    parts = []
    rest = text
    while count_units(rest) > limit_units:
        cut = _find_cut(rest, limit_units)
        part, rest = rest[:cut].rstrip(), rest[cut:].lstrip()
        if part:
            parts.append(part)
    return [*parts, rest] if rest or not parts else parts


def _find_cut(text: str, limit_units: int) -> int:
    """The best place to cut: the last strong border in the second half, else the last letter that fits."""
    end = _fitting_letters(text, limit_units)
    for border in BORDERS:
        found = text.rfind(border, end // 2, end)
        if found > 0:
            return found + len(border)
    return end


def _fitting_letters(text: str, limit_units: int) -> int:
    units = 0
    for position, letter in enumerate(text):
        units += 2 if letter > "\uffff" else 1
        if units > limit_units:
            return max(position, 1)
    return len(text)
