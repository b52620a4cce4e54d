"""Rules of a search, as n8n's node takes them, to IMAP's words. Pure."""

from __future__ import annotations

from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text
from tapbot.nodes.javascript import parse_json

FLAGS = frozenset(
    {"ALL", "ANSWERED", "DELETED", "DRAFT", "FLAGGED", "NEW", "OLD", "RECENT", "SEEN", "UNANSWERED", "UNDELETED"}
    | {"UNDRAFT", "UNFLAGGED", "UNSEEN"}
)
TEXTS = frozenset({"BCC", "BODY", "CC", "FROM", "KEYWORD", "SUBJECT", "TEXT", "TO", "UNKEYWORD"})
DATES = frozenset({"BEFORE", "ON", "SENTBEFORE", "SENTON", "SENTSINCE", "SINCE"})
SIZES = frozenset({"LARGER", "SMALLER"})
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DEEPEST = 10


def read_rules(text: str) -> list[str]:
    """The words of a search from `["UNSEEN", ["SINCE", "May 20, 2026"]]`; all of its rules must hold.

    Raises:
        InvalidInput: It is no such list.
    """
    try:
        rules = parse_json(text)
    except ValueError:
        rules = None
    if not isinstance(rules, list) or not rules:
        raise _unfit(text, 'Write a list, such as ["UNSEEN", ["FROM", "shop@example.org"]].')
    return [word for rule in rules for word in _words(rule, 0)]


def _words(rule: Any, depth: int) -> list[str]:
    if depth > DEEPEST:
        raise _unfit(rule, "It is nested too deep.")
    name, *given = rule if isinstance(rule, list) and rule else [rule]
    if not isinstance(name, str):
        raise _unfit(rule, "A rule begins with its name.")
    if name.startswith("!"):
        return ["NOT", *_words([name[1:], *given], depth + 1)]
    name = name.upper()
    if name == "OR" and len(given) == 2:
        return ["OR", *(word for one in given for word in _words(one, depth + 1))]
    if name in FLAGS and not given:
        return [name]
    if name == "HEADER" and len(given) == 2:
        return [name, _quoted(given[0]), _quoted(given[1])]
    if name == "UID" and given:
        return [name, ",".join(_numbers(entry) for entry in given)]
    if len(given) != 1:
        raise _unfit(rule, f"{name} is no rule of a search, or has another number of values.")
    return [name, _value(name, given[0], rule)]


def _value(name: str, given: Any, rule: Any) -> str:
    if name in TEXTS:
        return _quoted(given)
    if name in DATES:
        day = _day(read_text(given).strip())
        return f"{day.day}-{MONTHS[day.month - 1]}-{day.year}"
    if name in SIZES and read_text(given).isdecimal():
        return read_text(given)
    raise _unfit(rule, f"{name} is no rule of a search, or its value does not fit.")


def _quoted(given: Any) -> str:
    text = read_text(given)
    if not text.isprintable():
        raise _unfit(text, "A text of a search stands on one line.")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _numbers(given: Any) -> str:
    text = read_text(given)
    if not text or set(text) - set("0123456789:*,"):
        raise _unfit(given, "Numbers are written as 7, 7:9 or 7:*.")
    return text


def _day(text: str) -> date:
    """A day as people write it: `2026-05-20`, `May 20, 2026`, or as mails have it."""
    for form in ("%B %d, %Y", "%b %d, %Y", "%d-%b-%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day alone
        except ValueError:
            continue
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text).date()
        except ValueError:
            continue
    raise _unfit(text, "Write a day as 2026-05-20 or May 20, 2026.")


def _unfit(rule: Any, hint: str) -> InvalidInput:
    return InvalidInput(
        f"The rule {read_text(rule)[:80]!r} cannot be searched by.",
        code="node.invalid_parameter",
        place="options.customEmailConfig",
        hint=hint,
    )
