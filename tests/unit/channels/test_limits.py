"""Splitting a long text."""

import pytest
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


@pytest.mark.parametrize(
    "sign",
    [
        "e\u0301",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "\U0001f44d\U0001f3fd",
        "\u2764\ufe0f",
        "\U0001f1f0\U0001f1ff",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    ],
    ids=["accent", "family", "skin tone", "variation", "flag", "flag of a region"],
)
@pytest.mark.parametrize("shift", range(4))
def test_a_cut_never_parts_what_people_see_as_one_sign(sign: str, shift: int) -> None:
    text = "a" * shift + sign * 60

    parts = split_text(text, 50)

    assert "".join(parts) == text
    assert all(count_units(part) <= 50 for part in parts)
    assert all(part.removeprefix("a" * shift).replace(sign, "") == "" for part in parts)


def test_a_sign_longer_than_a_message_is_cut_all_the_same() -> None:
    text = "a" + "\u0301" * 200

    parts = split_text(text, 50)

    assert "".join(parts) == text
    assert all(count_units(part) <= 50 for part in parts)


def test_a_long_address_goes_whole_into_the_next_message() -> None:
    address = "https://example.org/" + "a" * 25

    assert split_text(f"Look here: {address} now", 50) == ["Look here:", f"{address} now"]
    assert split_text(f"See\n{address}{address}", 50)[0].startswith("See\nhttps://")
