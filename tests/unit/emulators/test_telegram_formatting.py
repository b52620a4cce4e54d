"""What `parse_mode` makes of marked text, and which marks Telegram refuses."""

from __future__ import annotations

import pytest

from tapbot.emulators.telegram.facts import Refusal
from tapbot.emulators.telegram.formatting import read_marked


def named(text: str, mode: str) -> tuple[str, list[tuple[str, int, int]]]:
    plain, entities = read_marked(text, mode)
    return plain, [(one["type"], one["offset"], one["length"]) for one in entities]


@pytest.mark.parametrize(
    ("mode", "text", "plain", "entities"),
    [
        ("HTML", "Сәлем, <b>Айгүл</b>!", "Сәлем, Айгүл!", [("bold", 7, 5)]),
        ("html", "😀<i>x<u>y</u></i>", "😀xy", [("italic", 2, 2), ("underline", 3, 1)]),
        ("HTML", "1 &lt; 2 &amp; &#1241; &nbsp;", "1 < 2 & ә &nbsp;", []),
        ("HTML", '<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ("HTML", "<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("HTML", "<b></b>x", "x", []),
        ("MarkdownV2", r"*Жол* _5 000_ ₸\.", "Жол 5 000 ₸.", [("bold", 0, 3), ("italic", 4, 5)]),
        ("MarkdownV2", "*a _b_ c*", "a b c", [("bold", 0, 5), ("italic", 2, 1)]),
        ("MarkdownV2", "__u__ ~s~ ||p||", "u s p", [("underline", 0, 1), ("strikethrough", 2, 1), ("spoiler", 4, 1)]),
        ("MarkdownV2", "`a*b` ok", "a*b ok", [("code", 0, 3)]),
        ("MarkdownV2", ">a\n>b\nc", "a\nb\nc", [("blockquote", 0, 3)]),
        ("Markdown", "*Жол* a.b! _x_", "Жол a.b! x", [("bold", 0, 3), ("italic", 9, 1)]),
        ("Markdown", r"snake\_case", "snake_case", []),
        ("", "<b>x</b>", "<b>x</b>", []),
    ],
)
def test_marks_become_entities(mode: str, text: str, plain: str, entities: list[tuple[str, int, int]]) -> None:
    assert named(text, mode) == (plain, entities)


@pytest.mark.parametrize(
    ("mode", "text", "field", "value"),
    [
        ("HTML", '<a href="https://example.org/?a=1&amp;b=2">x</a>', "url", "https://example.org/?a=1&b=2"),
        ("HTML", '<pre><code class="language-python">x</code></pre>', "language", "python"),
        ("HTML", '<tg-emoji emoji-id="5">👍</tg-emoji>', "custom_emoji_id", "5"),
        ("MarkdownV2", r"[x](https://example.org/\))", "url", "https://example.org/)"),
        ("MarkdownV2", "```python\nx```", "language", "python"),
        ("Markdown", "[x](https://example.org)", "url", "https://example.org"),
    ],
)
def test_entities_carry_what_belongs_to_them(mode: str, text: str, field: str, value: str) -> None:
    plain, entities = read_marked(text, mode)
    assert plain in {"x", "👍"}
    assert entities[0][field] == value


@pytest.mark.parametrize(
    ("mode", "text", "words"),
    [
        ("HTML", "<b>x", 'Can\'t find end tag corresponding to start tag "b" at byte offset 0'),
        ("HTML", "ә<div>x</div>", 'Unsupported start tag "div" at byte offset 2'),
        ("HTML", "1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("MarkdownV2", "5.000", r"Character '.' is reserved and must be escaped with the preceding '\'"),
        ("MarkdownV2", "a *b", "Can't find end of Bold entity at byte offset 2"),
        ("Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5"),
        ("Bold", "x", "unsupported parse_mode"),
    ],
)
def test_wrong_marks_are_refused(mode: str, text: str, words: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_marked(text, mode)
    assert words in str(caught.value)
