"""What a broadcast says, to whom, and who is left out. Pure: no I/O.

Placeholders are filled in one pass: what stands in a contact's fields is data, and is never looked into again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import msgspec

from tapbot.errors import InvalidInput

PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*(?:\|([^{}|]{0,100}))?\}\}")
FIELD = re.compile(r"(fields\.)?[a-z][a-z0-9_]{0,39}")
LONGEST_TEXT = 3500
"""Filled in it may be longer; a channel splits what does not fit into one message."""
MOST_FILTERS = 20
TEST_TAG = "test"
"""People with this tag may get a test without having agreed."""
UNSUBSCRIBE = "unsubscribe:"
LABELS = {"kk": "Жазылымнан шығу", "ru": "Отписаться", "en": "Unsubscribe"}
OWN_FIELDS = {"name": "first_name", "phone": "phone", "language": "language"}
GROUP = "-"
"""Ids of groups begin with it: a broadcast is for people."""
NO_CONSENT, NO_CHAT, NO_VALUE, BLOCKED = "no_consent", "no_chat", "no_value", "blocked"
PERSON_HAS_CHAT, WINDOW_CLOSED, ALREADY, WITHDRAWN = "person_has_chat", "window_closed", "already", "withdrawn"
LEFT_OUT = (NO_CONSENT, NO_CHAT, BLOCKED, PERSON_HAS_CHAT, WINDOW_CLOSED, NO_VALUE, ALREADY, WITHDRAWN)
"""Why somebody gets nothing."""

Language = Literal["kk", "ru", "en"]
Operator = Literal["eq", "neq", "in", "nin", "gt", "gte", "lt", "lte", "null", "nnull", "has", "lacks"]
Value = str | int | float | bool
Row = Mapping[Any, Any]


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition on a contact: a field of its own, `tags`, `created_at`, or one of its fields."""

    field: str
    op: Operator = "eq"
    value: Value | list[Value] | None = None


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a broadcast says and to whom, as its row keeps it."""

    texts: dict[Language, str]
    """By language, with `{{field}}` or `{{field|what to say without it}}`."""
    segment: list[Filter] = []
    """All of these must hold; everybody when empty."""
    channels: list[str] = []
    """Where it may be sent; all channels of the bot when empty."""
    template: str | None = None
    """WhatsApp: the approved template that takes the text where the customer wrote more than 24 hours ago."""
    unsubscribe: bool = True
    """Put a button below it."""


@dataclass(frozen=True)
class Rules:
    """What the project says about its broadcasts.

    Args:
        channels: Where the bot writes.
        locales: Languages, the preferred one first.
        windows: How long after the customer's last word anything may be said, by channel; templates aside.
        template: Whether the settings name a template for later.
    """

    channels: tuple[str, ...]
    locales: tuple[str, ...]
    windows: Mapping[str, timedelta]
    template: bool = False


@dataclass(frozen=True)
class Seen:
    """Everything that is known of a person when a broadcast comes to them.

    Args:
        contact: The contact that stands for the person.
        consented: Whether the last word about the purpose was yes.
        chats: Conversations, with `customer_wrote_at` where the channel tells that.
        already: Whether one of the person's contacts got the broadcast.
    """

    contact: Row
    consented: bool
    chats: Sequence[Row]
    already: bool = False


@dataclass(frozen=True)
class Letter:
    """What one person gets."""

    conversation: Row
    language: str
    text: str


def read_content(raw: Any) -> Content:
    """Check what a broadcast is to say.

    Raises:
        InvalidInput: It is not as it must be; the message names the place.
    """
    try:
        content = msgspec.convert(raw, Content)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None
    if not any(text.strip() for text in content.texts.values()):
        raise _wrong("it says nothing in any language", "texts")
    for language, text in content.texts.items():
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise _wrong(f"a text has 1 to {LONGEST_TEXT} letters", f"texts.{language}")
        rest = PLACEHOLDER.sub("", text)
        if "{{" in rest or "}}" in rest:
            raise _wrong("a placeholder is `{{field}}` or `{{field|what to say without it}}`", f"texts.{language}")
    if len(content.segment) > MOST_FILTERS:
        raise _wrong(f"there are at most {MOST_FILTERS} filters", "segment")
    for number, one in enumerate(content.segment):
        _check_filter(one, f"segment.{number}")
    return content


def _check_filter(one: Filter, place: str) -> None:
    if not FIELD.fullmatch(one.field):
        raise _wrong(f"there is no field {one.field[:60]!r}", place)
    about_tags, of_tags = one.field == "tags", one.op in {"has", "lacks"}
    if about_tags != of_tags:
        raise _wrong("`has` and `lacks` are for `tags`, and `tags` takes no others", place)
    listed, alone = isinstance(one.value, list), one.op in {"null", "nnull"}
    if (one.op in {"in", "nin"}) != listed or alone != (one.value is None):
        raise _wrong(
            f"{one.op} takes {'no value' if alone else 'a list' if one.op in {'in', 'nin'} else 'one value'}", place
        )


def _wrong(message: str, place: str = "content") -> InvalidInput:
    return InvalidInput(f"{message}.", code="broadcast.bad_content", place=place)


# --- who -------------------------------------------------------------------------------------------------------------


def matches(segment: Sequence[Filter], contact: Row) -> bool:
    """Whether all filters hold for a person."""
    return all(_holds(one, contact) for one in segment)


def _holds(one: Filter, contact: Row) -> bool:
    if one.field == "tags":
        has = str(one.value).strip().lower() in (contact["tags"] or [])
        return has is (one.op == "has")
    known = value_of(contact, one.field)
    if one.op in {"null", "nnull"}:
        return (known is None) is (one.op == "null")
    if one.op in {"eq", "neq"}:
        return _same(known, one.value) is (one.op == "eq")
    if one.op in {"in", "nin"}:
        return any(_same(known, value) for value in cast(list[Value], one.value)) is (one.op == "in")
    return _in_order(known, one.op, one.value)


def _same(known: Any, value: Any) -> bool:
    """`True` is no 1."""
    return isinstance(known, bool) is isinstance(value, bool) and known == value


def _in_order(known: Any, op: str, value: Any) -> bool:
    """Numbers are compared with numbers, and texts with texts: so are times, as they are written."""
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (known, value))
    if not numbers and not (isinstance(known, str) and isinstance(value, str)):
        return False
    return bool({"gt": known > value, "gte": known >= value, "lt": known < value, "lte": known <= value}[op])


def value_of(contact: Row, name: str) -> Any:
    """What is known of a person under a name: name, phone, language, `created_at`, or one of the fields."""
    if name == "created_at":
        return contact["created_at"].isoformat()
    if name in OWN_FIELDS:
        return contact[OWN_FIELDS[name]]
    return (contact["fields"] or {}).get(name.removeprefix("fields."))


def judge(seen: Seen, content: Content, rules: Rules, *, now: datetime, test: bool = False) -> Letter | str:
    """What a person gets, or why nothing.

    Args:
        test: It is a test: also who has the tag for it may get it.
    """
    tester = test and TEST_TAG in (seen.contact["tags"] or [])
    if not seen.consented and not tester:
        return NO_CONSENT
    if seen.already:
        return ALREADY
    wanted = [one for one in rules.channels if not content.channels or one in content.channels]
    known = [one for one in seen.chats if one["channel"] in wanted and not one["chat_id"].startswith(GROUP)]
    private = [one for one in known if one["blocked_at"] is None]
    if not private:
        return BLOCKED if known else NO_CHAT
    open_ones = [one for one in private if content.template or rules.template or _may_speak(one, rules, now)]
    if not open_ones:
        return WINDOW_CLOSED
    chat = max(open_ones, key=lambda one: (one["last_message_at"], one["conversation_id"]))
    if any(one["holder"] == "human" for one in private):
        return PERSON_HAS_CHAT
    language = choose_language(content, (seen.contact["language"], chat["language"], *rules.locales))
    text = fill(content.texts[language], seen.contact)
    return NO_VALUE if text is None else Letter(chat, language, text)


def _may_speak(chat: Row, rules: Rules, now: datetime) -> bool:
    window, wrote_at = rules.windows.get(chat["channel"]), chat["customer_wrote_at"]
    return window is None or (wrote_at is not None and now - wrote_at < window)


# --- what ------------------------------------------------------------------------------------------------------------


def choose_language(content: Content, order: Sequence[str | None]) -> Language:
    """The first language of an order that the broadcast speaks."""
    spoken = (one for one in order if one in content.texts)
    return next(spoken, next(iter(content.texts)))


def fill(text: str, contact: Row) -> str | None:
    """A text with a person's values in it; `None` when one is not known and nothing stands for it."""
    lacking = False

    def value(found: re.Match[str]) -> str:
        nonlocal lacking
        known = value_of(contact, found[1])
        shown = _shown(known) or (found[2] or "").strip()
        lacking = lacking or not shown
        return shown

    filled = PLACEHOLDER.sub(value, text)
    return None if lacking else filled


def _shown(known: Any) -> str:
    """A value in a sentence; nothing for what only programs say."""
    if known is None or isinstance(known, bool):
        return ""
    return " ".join(str(int(known) if isinstance(known, float) and known.is_integer() else known).split())


def buttons_for(content: Content, purpose: str, language: str) -> list[dict[str, str]]:
    """What stands below a message."""
    label = LABELS.get(language, LABELS["en"])
    return [{"label": label, "value": f"{UNSUBSCRIBE}{purpose}"}] if content.unsubscribe else []
