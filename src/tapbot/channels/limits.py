"""What fits in one message of a channel, and how a longer text is split at borders that people do not mind."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import category

BORDERS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")
JOINER = "\u200d"


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

    Nothing but the spaces at a cut is lost. A text within the limit stays as it is. Where no border helps, a cut
    still never parts what people see as one sign: a letter and its accents, a joined emoji, a flag;
    and a word that fits into one message, such as a long address, stays whole.
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
    start = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1
    word = text[start:].split(maxsplit=1)[:1]
    if start > 1 and word and count_units(word[0]) <= limit_units:
        return start  # a long address stays one that can be opened
    whole = end
    while whole > end // 2 and _is_inside_a_sign(text, whole):
        whole -= 1
    return whole if whole > end // 2 else end  # a "sign" of half a message is a prank: it is cut like any text


def _is_inside_a_sign(text: str, cut: int) -> bool:
    """Whether a cut before `text[cut]` parts one sign (the rules of UAX 29 that chats meet)."""
    if cut >= len(text):
        return False
    before, after = text[cut - 1], text[cut]
    if JOINER in (before, after) or _extends(after) or (before, after) == ("\r", "\n"):
        return True
    return _is_flag_letter(before) and _is_flag_letter(after) and _flag_letters_before(text, cut) % 2 == 1


def _extends(letter: str) -> bool:
    """Accents, variation selectors, skin tones, and the letters hidden in flags of regions."""
    tone, tag = "\U0001f3fb" <= letter <= "\U0001f3ff", "\U000e0020" <= letter <= "\U000e007f"
    return tone or tag or category(letter).startswith("M")


def _is_flag_letter(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _flag_letters_before(text: str, cut: int) -> int:
    start = cut
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return cut - start


def _fitting_letters(text: str, limit_units: int) -> int:
    units = 0
    for position, letter in enumerate(text):
        units += 2 if letter > "\uffff" else 1
        if units > limit_units:
            return max(position, 1)
    return len(text)
