"""Words that are said in every language leave the conversation in its own."""

from __future__ import annotations

import pytest

from tapbot.bots.understanding.language import detect_language


@pytest.mark.parametrize("text", ["yes", "Ok!", "no", "да", "ага", "👍", "OK, да"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_shared_word_keeps_the_language_of_the_conversation(text: str, language: str) -> None:
    assert detect_language(text, previous=language) == language


def test_the_first_word_of_a_conversation_still_decides() -> None:
    assert detect_language("yes", default="ru") == "en"
    assert detect_language("yes please", previous="ru") == "en"
