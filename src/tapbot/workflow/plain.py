"""Plain expressions, read without a sandbox: fields of the item, sums, comparisons, objects, a few methods of texts.

`={{ $json.trip.seats + 1 }}` needs no JavaScript, and handing it to another process costs ten times its work. What is
read here is a small language without loops, names or calls of anything but the methods in `plain_values`; each piece
becomes a Python function when a release is loaded. Whatever is not sure to mean the same in JavaScript, by its form or
by the values it meets, is left to the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tapbot.workflow import plain_values as js
from tapbot.workflow.plain_values import NotPlain

__all__ = ["NotPlain", "Read", "compile_plain"]

TOKEN = re.compile(
    r"[ \t\r\n]*(?:"
    r"(?P<number>(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?)(?![\w.])"
    r"|'(?P<single>[^'\\\r\n\u2028\u2029]*)'|\"(?P<double>[^\"\\\r\n\u2028\u2029]*)\""
    r"|(?P<word>[A-Za-z_$][A-Za-z0-9_$]*)"
    r"|(?P<sign>===|!==|&&|\|\||\?\.(?![0-9])|\+\+|--|<=|>=|==|!=|}}|[-+*/%<>!?:.,()\[\]{}]))"
)
PATTERN = re.compile(r"[ \t\r\n]*/(?P<source>(?:[^/\\\[\r\n]|\\.|\[[^\]\\\r\n]*\])+)/(?P<flags>g?)(?=[ \t\r\n]*,)")
LONGEST_SOURCE = 500
DEEPEST = 12
CONSTANTS = {"true": True, "false": False, "null": None}
REFUSED = frozenset(
    re.findall(
        r"\w+",
        "constructor prototype __proto__ getPrototypeOf setPrototypeOf __defineGetter__ __defineSetter__ ___n8n_data "
        "__lookupGetter__ __lookupSetter__ defineProperty defineProperties getOwnPropertyDescriptor caller execve "
        "getOwnPropertyDescriptors prepareStackTrace captureStackTrace mainModule getBuiltinModule _linkedBinding "
        "_load dlopen loadEnvFile",
    )
)
"""Names that the sandbox refuses wherever they stand; it is the one to say so."""

NOTHING: Mapping[str, Any] = {}
Read = Callable[[Mapping[str, Any]], Any]
"""Gives the value for an item's record."""

BINARY: tuple[Mapping[str, Callable[[Any, Any], Any]], ...] = (
    {
        "===": js.is_same,
        "!==": lambda left, right: not js.is_same(left, right),
        "==": js.is_like,
        "!=": lambda left, right: not js.is_like(left, right),
    },
    {
        "<": js.is_less,
        ">": lambda left, right: js.is_less(right, left),
        "<=": lambda left, right: not js.is_less(right, left),
        ">=": lambda left, right: not js.is_less(left, right),
    },
    {"+": js.add, "-": js.subtract},
    {"*": js.multiply, "/": js.divide, "%": js.remainder},
)
"""Operators of two values, those that bind least first."""


def compile_plain(source: str) -> Read | None:
    """How to read an expression, or a text with expressions in it; `None` when it is not of the plain kind.

    Args:
        source: As it stands in the parameters, with its `=`.
    """
    if len(source) > LONGEST_SOURCE or not source.startswith("=") or "\\{" in source:
        return None
    try:
        parts = _split(source)
    except NotPlain:
        return None
    if not any(callable(part) for part in parts):
        return None
    if len(parts) == 1:
        return _whole(parts[0])
    return _joined(parts)


def is_constant(source: str) -> bool:
    """Whether a plain expression gives the same for every item: it names no field of one."""
    return "$json" not in source


def _split(source: str) -> list[Any]:
    """Texts as they are, and a reader for each expression between them."""
    parts: list[Any] = []
    position = 1
    while (opening := source.find("{{", position)) >= 0:
        if opening > position:
            parts.append(source[position:opening])
        reader = _Reader(source, opening + 2)
        parts.append(reader.read())
        position = reader.position
    if position < len(source):
        parts.append(source[position:])
    return parts


def _whole(read: Read) -> Read:
    return lambda record: js.to_plain(read(record))


def _joined(parts: list[Any]) -> Read:
    def read(record: Mapping[str, Any]) -> str:
        texts = [part if isinstance(part, str) else js.to_text(part(record)) for part in parts]
        if sum(map(len, texts)) > js.MOST_LETTERS:
            raise NotPlain
        return "".join(texts)

    return read


class _Reader:
    """Reads one expression from where it begins to its `}}`; raises `NotPlain` at whatever it does not know."""

    def __init__(self, source: str, position: int) -> None:
        self._source = source
        self._end = source.find("}}", position)
        self._depth = 0
        self.position = position
        self._match = self._next()

    def read(self) -> Read:
        """The whole expression."""
        found = self._choice()
        # The first `}}` ends it: one inside a text or an object would be a matter of taste.
        if self._match["sign"] != "}}" or self._match.end() != self._end + 2:
            raise NotPlain
        self.position = self._end + 2
        return found

    def _next(self) -> re.Match[str]:
        match = TOKEN.match(self._source, self.position)
        if match is None:
            raise NotPlain
        self.position = match.end()
        return match

    def _take(self, *signs: str) -> str | None:
        """The sign that comes, if it is one of these."""
        sign: str | None = self._match["sign"]
        if sign not in signs:
            return None
        self._match = self._next()
        return sign

    def _demand(self, sign: str) -> None:
        if self._take(sign) is None:
            raise NotPlain

    def _choice(self) -> Read:
        """`a ? b : c`, and whatever binds more."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotPlain
        asked = self._either()
        if self._take("?"):
            held = self._choice()
            self._demand(":")
            otherwise = self._choice()
            condition = asked
            asked = lambda record: held(record) if js.is_true(condition(record)) else otherwise(record)  # noqa: E731
        self._depth -= 1
        return asked

    def _either(self) -> Read:
        found = self._both()
        while self._take("||"):
            found = _either_of(found, self._both())
        return found

    def _both(self) -> Read:
        found = self._binary(0)
        while self._take("&&"):
            found = _both_of(found, self._binary(0))
        return found

    def _binary(self, level: int) -> Read:
        if level == len(BINARY):
            return self._unary()
        found = self._binary(level + 1)
        while sign := self._take(*BINARY[level]):
            found = _applied(BINARY[level][sign], found, self._binary(level + 1))
        return found

    def _unary(self) -> Read:
        if self._take("!"):
            asked = self._unary()
            return lambda record: not js.is_true(asked(record))
        if self._take("-"):
            number = self._unary()
            return lambda record: js.to_number(-js.to_number(number(record)))
        return self._member()

    def _member(self) -> Read:
        """A value, and what follows it: fields, entries, calls."""
        found = self._value()
        while sign := self._take(".", "?.", "["):
            if sign == "[":
                found = _applied(js.entry_of, found, self._choice())
                self._demand("]")
                continue
            name = self._name()
            found = self._call(found, name) if self._match["sign"] == "(" else _field(found, name)
        return found

    def _name(self) -> str:
        name: str | None = self._match["word"]
        if name is None or name in REFUSED:
            raise NotPlain
        self._match = self._next()
        return name

    def _call(self, called: Read, name: str) -> Read:
        """A method of a text."""
        if name not in js.METHODS:
            raise NotPlain
        count, method = js.METHODS[name]
        given: list[Read] = []
        if name.startswith("replace") and (pattern := PATTERN.match(self._source, self.position)):
            self.position = pattern.end()
            given.append(_constant(js.Pattern(pattern["source"], everywhere=bool(pattern["flags"]))))
            self._match = self._next()
            self._demand(",")
        else:
            self._demand("(")
        while len(given) < count:
            given.append(self._choice())
            if len(given) < count:
                self._demand(",")
        self._demand(")")
        return _called(method, called, given)

    def _value(self) -> Read:
        match = self._match
        if match["sign"] is None:
            self._match = self._next()
        if match["number"] is not None:
            return _constant(float(match["number"]) if "." in match["number"] else int(match["number"]))
        if match["word"] is not None:
            return _named(match["word"])
        if (text := _text_of(match)) is not None:
            return _constant(text)
        if self._take("("):
            inside = self._choice()
            self._demand(")")
            return inside
        if self._take("["):
            return self._list()
        self._demand("{")
        return self._object()

    def _list(self) -> Read:
        entries: list[Read] = []
        while not self._take("]"):
            if entries:
                self._demand(",")
            entries.append(self._choice())
        return lambda record: [js.to_plain(read(record)) for read in entries]

    def _object(self) -> Read:
        fields: dict[str, Read] = {}
        while not self._take("}"):
            if fields:
                self._demand(",")
            name = self._match["word"] or _text_of(self._match)
            # JavaScript puts names that look like numbers first.
            if name is None or name in REFUSED or name in fields or name[:1].isdecimal():
                raise NotPlain
            self._match = self._next()
            self._demand(":")
            fields[name] = self._choice()
        return lambda record: {name: js.to_plain(read(record)) for name, read in fields.items()}


def _text_of(match: re.Match[str]) -> str | None:
    text: str | None = match["single"] if match["single"] is not None else match["double"]
    if text in REFUSED:
        raise NotPlain
    return text


def _named(word: str) -> Read:
    if word == "$json":
        return lambda record: record
    if word not in CONSTANTS:
        raise NotPlain
    return _constant(CONSTANTS[word])


def _constant(value: Any) -> Read:
    return lambda _record: value


def _field(place: Read, name: str) -> Read:
    return lambda record: js.field_of(place(record), name)


def _applied(operator: Callable[[Any, Any], Any], left: Read, right: Read) -> Read:
    return lambda record: operator(left(record), right(record))


def _either_of(left: Read, right: Read) -> Read:
    def read(record: Mapping[str, Any]) -> Any:
        value = left(record)
        return value if js.is_true(value) else right(record)

    return read


def _both_of(left: Read, right: Read) -> Read:
    def read(record: Mapping[str, Any]) -> Any:
        value = left(record)
        return right(record) if js.is_true(value) else value

    return read


def _called(method: Callable[..., Any], called: Read, given: list[Read]) -> Read:
    def read(record: Mapping[str, Any]) -> Any:
        text = called(record)
        if not isinstance(text, str):
            raise NotPlain
        return method(text, *[argument(record) for argument in given])

    return read
