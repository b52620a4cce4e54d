"""Marked-up text (`parse_mode`): HTML, MarkdownV2 and the older Markdown become plain text with entities."""

from __future__ import annotations

import re
from typing import Any

from tapbot.emulators.telegram.facts import Refusal, bad_request

Json = dict[str, Any]
TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z-]*)?([^<>]*)>?")
ATTRIBUTE = re.compile(r"""([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d+)|#x([0-9A-Fa-f]+));")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
MARKS = {
    "*": "bold",
    "_": "italic",
    "__": "underline",
    "~": "strikethrough",
    "||": "spoiler",
    "`": "code",
    "```": "pre",
}
OLDER_MARKS = {"*": "bold", "_": "italic", "`": "code", "```": "pre"}
RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
OLDER_ESCAPED = frozenset("_*`[")
RAW = {"code", "pre"}
"""Entities in which nothing else is marked."""
LANGUAGE = re.compile(r"([\w+#-]+)\n")
LINK = re.compile(r"\(((?:\\.|[^)\\])*)\)")


def read_marked(text: str, mode: str | None) -> tuple[str, list[Json]]:
    """Give the plain text and its entities.

    Raises:
        Refusal: The mode is unknown, or the marks are wrong: Telegram's word for both is 400.
    """
    match (mode or "").lower():
        case "":
            return text, []
        case "html":
            return _Html(text).read()
        case "markdownv2":
            return _Markdown(text, MARKS, RESERVED).read()
        case "markdown":
            return _Markdown(text, OLDER_MARKS, OLDER_ESCAPED).read()
        case _:
            raise bad_request("unsupported parse_mode")


class _Reader:
    """Reads a source piece by piece; `at` is where it is, `open` what is not closed yet."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.text = ""
        self.open: list[tuple[str, Json, int]] = []
        self.entities: list[Json] = []

    def begin(self, mark: str, entity: Json) -> None:
        """An entity begins."""
        self.open.append((mark, {**entity, "offset": _units(self.text)}, self.at))

    def end(self, **details: Any) -> None:
        """The entity that began last ends; an empty one is none, and neither is one within `pre`."""
        _mark, entity, _place = self.open.pop()
        length = _units(self.text) - entity["offset"]
        if length and not any(outer["type"] == "pre" for _, outer, _ in self.open):
            self.entities.append({**entity, **details, "length": length})

    def done(self) -> tuple[str, list[Json]]:
        """The result, the outer entities first."""
        return self.text, sorted(self.entities, key=lambda one: (one["offset"], -one["length"]))

    def refuse(self, reason: str, place: int | None = None) -> Refusal:
        """The refusal of marks that are wrong at a place."""
        offset = len(self.source[: self.at if place is None else place].encode())
        return bad_request(f"can't parse entities: {reason.format(place=f'byte offset {offset}')}")


class _Html(_Reader):
    def read(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            tag = TAG.match(self.source, self.at)
            if tag is None:
                end = self.source.find("<", self.at)
                end = len(self.source) if end < 0 else end
                self.text += REFERENCE.sub(_refer, self.source[self.at : end])
            else:
                end = tag.end()
                self._read_tag(tag[1] == "/", (tag[2] or "").lower(), tag[3])
            self.at = end
        if self.open:
            mark, _entity, place = self.open[-1]
            raise self.refuse(f'Can\'t find end tag corresponding to start tag "{mark}" at {{place}}', place)
        return self.done()

    def _read_tag(self, closes: bool, name: str, rest: str) -> None:
        if closes:
            if not self.open:
                raise self.refuse("Unexpected end tag at {place}")
            expected = self.open[-1][0]
            if name not in {expected, ""}:
                raise self.refuse(f'Unmatched end tag at {{place}}, expected "</{expected}>", found "</{name}>"')
            self.end()
            return
        given = {found[1].lower(): found[2] or found[3] or "" for found in ATTRIBUTE.finditer(rest)}
        if name not in TAGS or (name == "span" and given.get("class") != "tg-spoiler"):
            raise self.refuse(f'Unsupported start tag "{name}" at {{place}}')
        if (
            name == "code"
            and self.open
            and self.open[-1][0] == "pre"
            and given.get("class", "").startswith("language-")
        ):
            self.open[-1][1]["language"] = given["class"].removeprefix("language-")
        self.begin(name, _html_entity(name, rest, given))


def _html_entity(name: str, rest: str, given: dict[str, str]) -> Json:
    entity: Json = {"type": TAGS[name]}
    if name == "a":
        entity["url"] = REFERENCE.sub(_refer, given.get("href", ""))
    if name == "tg-emoji":
        entity["custom_emoji_id"] = given.get("emoji-id", "")
    if name == "blockquote" and "expandable" in rest:
        entity["type"] = "expandable_blockquote"
    return entity


def _refer(found: re.Match[str]) -> str:
    if found[1]:
        return NAMED[found[1]]
    number = int(found[2]) if found[2] else int(found[3], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else found[0]


class _Markdown(_Reader):
    def __init__(self, source: str, marks: dict[str, str], escaped: frozenset[str]) -> None:
        super().__init__(source)
        self._marks = marks
        self._escaped = escaped
        self._is_older = marks is OLDER_MARKS

    def read(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            self._read_piece(self.source[self.at])
        while self.open and self.open[-1][0] == ">":
            self.end()
        if self.open:
            _mark, entity, place = self.open[-1]
            kind = _title(entity["type"])
            reason = "the entity starting" if self._is_older else f"{kind} entity"
            raise self.refuse(f"Can't find end of {reason} at {{place}}", place)
        return self.done()

    def _read_piece(self, letter: str) -> None:
        inside = self.open[-1][0] if self.open else ""
        raw = MARKS.get(inside) in RAW
        if letter == "\\" and self.source[self.at + 1 : self.at + 2] in self._escapable:
            self._take(self.source[self.at + 1], 2)
        elif raw and not self.source.startswith(inside, self.at):
            self._take(letter, 1)
        elif self._begins_quote():
            self.begin(">", {"type": "blockquote"})
            self.at += 1
        elif mark := self._find_mark():
            self._read_mark(mark, inside)
        elif letter == "[" and inside != "[" and not (self._is_older and self.open):
            self.begin("[", {"type": "text_link"})
            self.at += 1
        elif letter == "]" and inside == "[":
            self._read_address()
        elif not self._is_older and letter in RESERVED and letter != ">":
            raise self.refuse(f"Character '{letter}' is reserved and must be escaped with the preceding '\\'")
        else:
            self._read_plain(letter, inside)

    @property
    def _escapable(self) -> frozenset[str]:
        return self._escaped if self._is_older else self._escaped | {"\\"}

    def _read_plain(self, letter: str, inside: str) -> None:
        if letter == "\n" and inside == ">" and self.source[self.at + 1 : self.at + 2] != ">":
            self.end()
        elif letter == "\n" and inside == ">":
            self.at += 1  # the next line's mark is not text
        self._take(letter, 1)

    def _begins_quote(self) -> bool:
        starts_line = self.at == 0 or self.source[self.at - 1] == "\n"
        return not self._is_older and starts_line and self.source[self.at] == ">" and not self.open

    def _find_mark(self) -> str | None:
        return next((mark for mark in sorted(self._marks, key=len, reverse=True) if self._is_at(mark)), None)

    def _is_at(self, mark: str) -> bool:
        return self.source.startswith(mark, self.at)

    def _read_mark(self, mark: str, inside: str) -> None:
        if self.open and inside not in {mark, "["} and self._is_older:
            self._take(self.source[self.at], 1)  # the older Markdown marks nothing within a mark
            return
        if mark == inside:
            self.end()
            self.at += len(mark)
            return
        self.begin(mark, {"type": MARKS[mark]})
        self.at += len(mark)
        language = LANGUAGE.match(self.source, self.at) if mark == "```" else None
        if language:
            self.open[-1][1]["language"] = language[1]
            self.at = language.end()

    def _read_address(self) -> None:
        address = LINK.match(self.source, self.at + 1)
        if address is None:
            raise self.refuse("Can't find end of a URL at {place}")
        self.end(url=re.sub(r"\\(.)", r"\1", address[1]))
        self.at = address.end()

    def _take(self, text: str, letters: int) -> None:
        self.text += text
        self.at += letters


def _title(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
