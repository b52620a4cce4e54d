"""A bot's files: what is read, and how a mistake is told."""

from __future__ import annotations

import pytest
from tests.contract.bots.taxi_world import taxi_bot

from tapbot.bots.definition import parse_bot
from tapbot.bots.turn import prepare
from tapbot.errors import InvalidInput

BOT = "---\ntitle: Shop\nlanguages: [ru, en]\nlimits:\n  steps_per_turn: 3\n---\nBe kind.\n"
GUIDED = """slots:
  seats: {type: integer}
flows:
  book:
    kind: form
    slots: [seats]
    submit: {tool: book, outcomes: {ok: {text: done}}}
intents:
  book: {action: flow, flow: book, examples: {ru: [хочу место]}}
"""


def with_guided(guided: str) -> tuple[str, str, dict[str, str]]:
    return "bots/shop.md", BOT.replace("title: Shop", "title: Shop\nguided: shop.yaml"), {"bots/shop.yaml": guided}


def test_a_bot_is_read_from_its_file() -> None:
    bot = parse_bot("bots/shop.md", BOT, {})
    assert (bot.id, bot.instruction, bot.languages, bot.limits.steps_per_turn) == ("shop", "Be kind.", ("ru", "en"), 3)
    assert bot.guided is None


def test_the_taxi_bot_speaks_three_languages_and_is_guided() -> None:
    bot = taxi_bot()
    assert set(bot.languages) == {"kk", "ru", "en"}
    assert bot.guided is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOT.replace("title", "titel"), "bots/shop.md, line"),
        (BOT.replace("steps_per_turn", "steps"), "bots/shop.md, line 5"),
        (BOT.replace("ru, en", "ru, de"), "it holds de"),
        ("title: Shop", "begins with no `---`"),
        ("---\ntitle: Shop\n", "no closing `---`"),
        ("---\ntitle: [\n---\n", "not YAML"),
        (BOT.replace("title: Shop", "title: Shop\nguided: none.yaml"), "there is no bots/none.yaml"),
    ],
)
def test_a_mistake_in_the_front_matter_names_its_place(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_bot("bots/shop.md", text, {})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (GUIDED.replace("submit", "submitt"), "bots/shop.yaml, line 7"),
        (GUIDED.replace("slots: [seats]", "slots: [places]"), "'places', which is not defined"),
        (GUIDED.replace("flow: book,", "flow: buy,"), "'buy', which is not defined"),
        (GUIDED.replace("integer", "number"), "bots/shop.yaml, line 2"),
        (GUIDED + "  bad: [", "bots/shop.yaml, line"),
    ],
)
def test_a_mistake_in_the_guided_file_names_its_place(broken: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_bot(*with_guided(broken))
    assert said in str(caught.value)


def test_a_small_guided_bot_is_read() -> None:
    bot = parse_bot(*with_guided(GUIDED))
    assert bot.guided is not None
    assert bot.guided.model.rank(["хочу", "место"])[0].intent == "book"


async def test_a_guided_bot_learns_its_examples_before_its_first_turn_and_not_when_it_is_read() -> None:
    bot = parse_bot(*with_guided(GUIDED))
    guided = bot.guided
    assert guided is not None
    assert not guided.is_ready, "a start does not wait for the learning"
    await prepare([bot])
    assert guided.is_ready
    assert guided.model.rank(["хочу", "место"])[0].intent == "book"
