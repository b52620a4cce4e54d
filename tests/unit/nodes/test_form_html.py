"""HTML of authors on the pages of forms: what formats stays, what could do something goes."""

from __future__ import annotations

import pytest

from tapbot.nodes.forms.safe_html import clean_html, clean_lines


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<b>a</b> & <i>b", "<b>a</b> &amp; <i>b</i>"),
        ('<a href="https://example.com/?a=1&b=2" onclick="x()">a</a>', '<a href="https://example.com/?a=1&amp;b=2">a</a>'),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="java\nscript:alert(1)">a</a>', "<a>a</a>"),
        ("<script>alert(1)</script>b", "b"),
        ("<style>p{}</style><svg onload=x()><p>in</p></svg>b", "b"),
        ("<iframe src='https://example.com'></iframe><form action=x><input name=y><button>c</button></form>", "c"),
        ("<img src=x onerror=alert(1)><img src='https://example.com/a.png'>", '<img><img src="https://example.com/a.png">'),
        ("&lt;script&gt;x", "&lt;script&gt;x"),
        ("<scr<script>ipt>x", "ipt&gt;x"),
        ("<!-- <b> --><p>a</div></p>", "<p>a</p>"),
        ("</b></b><b", "&lt;b"),
    ],
)  # fmt: skip
def test_only_what_formats_is_left(given: str, kept: str) -> None:
    assert clean_html(given) == kept


def test_lines_are_broken_where_the_author_says() -> None:
    assert clean_lines("a\\nb\nc<br>d") == "a<br>b<br>c<br>d"
