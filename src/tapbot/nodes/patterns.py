"""Patterns that workflow authors write, in JavaScript's way, matched within a time limit."""

from __future__ import annotations

from functools import lru_cache
from re import Match, sub
from re import match as match_once

import regex

from tapbot.errors import InvalidInput, LimitExceeded

MATCH_SECONDS = 0.2
"""Longest time of one match: a pattern such as `(a+)+$` would else hold up everybody."""
FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL}
LITERAL = r"(?s)/(?P<source>.*)/(?P<flags>[dgimsuvy]*)\Z"


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the pattern is found anywhere in the text.

    Args:
        pattern: `/source/flags`, or the source alone.

    Raises:
        InvalidInput: The pattern is malformed.
        LimitExceeded: The match took too long.
    """
    compiled = _compile(pattern, ignore_case)
    try:
        return compiled.search(text, timeout=MATCH_SECONDS) is not None
    except TimeoutError:
        raise _too_slow(pattern, text) from None


def replace(pattern: str, text: str, replacement: str, *, ignore_case: bool = False, everywhere: bool = False) -> str:
    """The text with what the pattern finds replaced; `$1` and `$&` stand for what was found, as in JavaScript.

    Args:
        pattern: `/source/flags`, or the source alone.
        everywhere: Replace all places, not the first alone.

    Raises:
        InvalidInput: The pattern is malformed.
        LimitExceeded: The match took too long.
    """
    compiled = _compile(pattern, ignore_case)

    def put(found: regex.Match[str]) -> str:
        def fill(mark: Match[str]) -> str:
            name = mark[1]
            if name in "$&":
                return "$" if name == "$" else found[0]
            return (found[int(name)] or "") if 0 < int(name) <= compiled.groups else mark[0]

        return sub(r"\$(\$|&|\d{1,2})", fill, replacement)

    try:
        return compiled.sub(put, text, count=0 if everywhere else 1, timeout=MATCH_SECONDS)
    except TimeoutError:
        raise _too_slow(pattern, text) from None


def _too_slow(pattern: str, text: str) -> LimitExceeded:
    return LimitExceeded(
        f"The pattern {pattern!r} took more than {MATCH_SECONDS} s on a text of {len(text)} characters. "
        "Look for a repetition inside a repetition, such as (a+)+.",
        code="node.pattern_too_slow",
    )


@lru_cache(maxsize=512)
def _compile(pattern: str, ignore_case: bool) -> regex.Pattern[str]:
    literal = match_once(LITERAL, pattern)
    source, letters = (literal["source"], literal["flags"]) if literal else (pattern, "")
    flags = regex.IGNORECASE if ignore_case else 0
    for letter in letters:
        flags |= FLAGS.get(letter, 0)
    try:
        return regex.compile(_translate(source, several_lines="m" in letters), flags | regex.VERSION0)
    except regex.error as error:
        raise InvalidInput(f"The pattern {pattern!r} is malformed: {error}.", code="node.bad_pattern") from None


WORD = "0-9A-Za-z_"
EDGE = f"(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"
OUTSIDE_CLASS = {"w": f"[{WORD}]", "W": f"[^{WORD}]", "d": "[0-9]", "D": "[^0-9]", "b": EDGE, "/": "/"}
INSIDE_CLASS = {"w": WORD, "d": "0-9", "b": r"\x08", "/": "/"}


def _translate(source: str, *, several_lines: bool) -> str:
    """Write a pattern in this library's way.

    In JavaScript words and digits are ASCII while letter case is not, `$` is the very end, and `[` needs no escape
    inside a class.
    """
    written, in_class, position = [], False, 0
    while position < len(source):
        character = source[position]
        if character == "\\" and position + 1 < len(source):
            escaped = source[position + 1]
            known = INSIDE_CLASS if in_class else OUTSIDE_CLASS
            written.append(known.get(escaped, character + escaped))
            position += 2
            continue
        if character == "[":
            written.append("\\[" if in_class else "[")
            in_class = True
        elif character == "$" and not in_class and not several_lines:
            written.append(r"\Z")
        else:
            in_class = in_class and character != "]"
            written.append(character)
        position += 1
    return "".join(written)
