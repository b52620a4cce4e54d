"""Cursors lead to the next page and nowhere else."""

from datetime import UTC, datetime

import pytest

from tapbot.api.middleware import host_name
from tapbot.api.models import decode_cursor, encode_cursor, title_in
from tapbot.errors import InvalidInput


def test_a_cursor_comes_back_as_it_was() -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert decode_cursor(encode_cursor(at, "a|b")) == (at, "a|b")
    assert decode_cursor(None) is None


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "я", "MjAyNi0wMy0wMVQxMjowMDowMHxh", "////", "MjAyNg"])
def test_what_we_did_not_make_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(cursor)


@pytest.mark.parametrize(
    ("host", "name"),
    [("A.example.com:8080", "a.example.com"), ("[::1]:80", "::1"), ("127.0.0.1", "127.0.0.1"), ("[", ""), ("", "")],
)
def test_a_host_is_read_without_its_port(host: str, name: str) -> None:
    assert host_name(host) == name


def test_a_title_falls_back_to_another_language_and_then_to_the_name() -> None:
    assert title_in({"ru": "Поездки", "en": "Rides"}, "en", "rides") == "Rides"
    assert title_in({"ru": "Поездки"}, "kk", "rides") == "Поездки"
    assert title_in({}, "kk", "rides") == "rides"
