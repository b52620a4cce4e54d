"""Splitting a long text."""

from hypothesis import given
from hypothesis import strategies as st

from tapbot.channels.limits import count_units, split_text


def test_a_short_text_stays_as_it_is() -> None:
    assert split_text("  Сәлем \n", 20) == ["  Сәлем \n"]
    assert split_text("", 20) == [""]


def test_a_text_is_cut_at_the_strongest_border_of_its_second_half() -> None:
    assert split_text("Бірінші абзац.\n\nЕкінші абзац тұр.", 25) == ["Бірінші абзац.", "Екінші абзац тұр."]
    assert split_text("One two. Three four five", 14) == ["One two.", "Three four", "five"]
    assert split_text("aaaa bbbb cccc", 10) == ["aaaa bbbb", "cccc"]


def test_a_word_without_borders_is_cut_at_the_limit() -> None:
    assert split_text("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_an_emoji_is_never_cut_in_half() -> None:
    assert split_text("😀😀😀", 3) == ["😀", "😀", "😀"]
    assert count_units("a😀ә") == 4


@given(st.text(alphabet="aб \n.,😀ү", max_size=300), st.integers(min_value=2, max_value=40))
def test_every_part_fits_and_no_letter_is_lost(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(count_units(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
