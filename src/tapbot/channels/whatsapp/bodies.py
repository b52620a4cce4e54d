"""Messages as the Cloud API takes them: texts, up to three buttons, lists, and templates."""

from __future__ import annotations

from typing import Any

from tapbot.channels.limits import Limits, split_text
from tapbot.channels.types import Button
from tapbot.errors import InvalidInput

Json = dict[str, Any]
LIMITS = Limits(
    text_units=4096,
    inbound_text_units=4096,
    buttons=30,
    label_units=72,
    value_bytes=200,
    sends_per_second=80,
    sends_per_second_per_chat=1,
)
BODY_UNITS = 1024
MOST_REPLY_BUTTONS = 3
REPLY_LABEL = 20
MOST_ROWS = 10
ROW_LABEL = 24
VARIABLE_UNITS = 1000
CHOOSE = {"kk": "Таңдау", "ru": "Выбрать", "en": "Choose"}


def compose(text: str, buttons: tuple[Button, ...], language: str | None) -> list[Json]:
    """What is sent for a text: long ones in parts, the buttons below the last one.

    Up to three short labels become buttons, others a list, and more than ten several lists.

    Raises:
        InvalidInput: A value is longer than WhatsApp takes, a label is empty, or there are too many.
    """
    if not buttons:
        return [{"type": "text", "text": {"body": part}} for part in split_text(text, LIMITS.text_units)]
    _check_buttons(buttons)
    *before, last = split_text(text, BODY_UNITS)
    parts: list[Json] = [{"type": "text", "text": {"body": part}} for part in before]
    if len(buttons) <= MOST_REPLY_BUTTONS and all(len(button.label) <= REPLY_LABEL for button in buttons):
        replies = [{"type": "reply", "reply": {"id": one.value, "title": one.label}} for one in buttons]
        return [*parts, _interactive("button", last, {"buttons": replies})]
    for start in range(0, len(buttons), MOST_ROWS):
        rows = [_row(button) for button in buttons[start : start + MOST_ROWS]]
        action = {"button": CHOOSE.get(language or "", CHOOSE["en"]), "sections": [{"rows": _tell_apart(rows)}]}
        parts.append(_interactive("list", last if start == 0 else "…", action))
    return parts


def compose_template(name: str, language_code: str, text: str, buttons: tuple[Button, ...], *, variables: int) -> Json:
    """A template whose one variable holds the text; one without variables says what it says.

    Variables hold no line ends, and buttons of the moment cannot come along: their labels stand behind the text.
    """
    labels = f" ({' / '.join(button.label for button in buttons)})" if buttons else ""
    said = " ".join((text + labels).split())
    if len(said) > VARIABLE_UNITS:
        said = said[: VARIABLE_UNITS - 1].rstrip() + "…"
    template: Json = {"name": name, "language": {"policy": "deterministic", "code": language_code}}
    if variables:
        template["components"] = [{"type": "body", "parameters": [{"type": "text", "text": said}]}]
    return {"type": "template", "template": template}


def _interactive(kind: str, text: str, action: Json) -> Json:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def _row(button: Button) -> Json:
    """A row of a list; what a title cannot hold stands in the description."""
    if len(button.label) <= ROW_LABEL:
        return {"id": button.value, "title": button.label}
    return {"id": button.value, "title": button.label[: ROW_LABEL - 1] + "…", "description": button.label}


def _tell_apart(rows: list[Json]) -> list[Json]:
    """Titles of one list must differ: equal ones are numbered."""
    seen: dict[str, int] = {}
    for row in rows:
        title = row["title"]
        seen[title] = seen.get(title, 0) + 1
        if seen[title] > 1:
            number = f" {seen[title]}"
            row["title"] = title[: ROW_LABEL - len(number)] + number
    return rows


def _check_buttons(buttons: tuple[Button, ...]) -> None:
    if len(buttons) > LIMITS.buttons:
        raise InvalidInput(f"WhatsApp takes {LIMITS.buttons} buttons at most.", code="whatsapp.too_many_buttons")
    if len({button.value for button in buttons}) != len(buttons):
        raise InvalidInput("Two buttons have the same value.", code="whatsapp.same_value")
    for button in buttons:
        size_bytes = len(button.value.encode())
        if not 1 <= size_bytes <= LIMITS.value_bytes:
            raise InvalidInput(
                f"The button {button.label!r} has a value of {size_bytes} bytes; "
                f"WhatsApp takes 1 to {LIMITS.value_bytes}.",
                code="whatsapp.value_too_long",
                hint="Give the button a short value and keep the rest in the conversation's state.",
            )
        if not button.label.strip() or len(button.label) > LIMITS.label_units:
            raise InvalidInput(
                f"A button's label has 1 to {LIMITS.label_units} letters, not {len(button.label)}.",
                code="whatsapp.bad_label",
            )
