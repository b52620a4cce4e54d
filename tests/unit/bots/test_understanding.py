"""The parts of understanding: language, letters, entities, counts, phones, negation, cues, intents."""

from __future__ import annotations

import pytest
from tests.contract.bots.taxi_world import cities
from tests.unit.bots.world import atoms_of

from tapbot.bots.understanding.cues import build_cues, list_cues
from tapbot.bots.understanding.entities import build_index, find_entities
from tapbot.bots.understanding.intents import train_intents
from tapbot.bots.understanding.language import detect_language
from tapbot.bots.understanding.masking import mask_example
from tapbot.bots.understanding.negation import drop_negated
from tapbot.bots.understanding.people import find_counts
from tapbot.bots.understanding.phones import find_phones, format_phone, parse_phone
from tapbot.bots.understanding.text import fold_word, split_tokens

CITIES = build_index(cities(), key="code")


@pytest.mark.parametrize(
    "spellings",
    [
        "ертең ертен erteng erten",
        "Алматы almaty АЛМАТЫ Алмати",
        "сағат сагат saghat",
        "суббота субота",
        "Шымкент Shymkent",
    ],
)
def test_spellings_of_one_word_fold_to_one_form(spellings: str) -> None:
    assert len({fold_word(word) for word in spellings.split()}) == 1


def test_numbers_and_their_endings_come_apart() -> None:
    assert [token.raw for token in split_tokens("8-де 10да 8am, 5 a.m.")] == [
        *("8", "-", "де", "10", "да", "8", "am", ",", "5", "a.m."),
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Сәлеметсіз бе", "kk"),
        ("ертен алматыдан таразга канша турады", "kk"),
        ("erten tangy segizde almatydan shygamyz", "kk"),
        ("Здравствуйте, сколько стоит", "ru"),
        ("skolko stoit do taraza", "ru"),
        ("how much is it", "en"),
        ("Салем, сколько стоит до Тараза завтра утром", "ru"),
        ("Ертең таңғы сегізде Алматыдан нужна машина", "kk"),
        ("ok thanks", "en"),
        ("рахмет", "kk"),
        ("иә", "kk"),
    ],
)
def test_the_dominating_language_is_found(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("previous", ["kk", "ru", "en"])
@pytest.mark.parametrize("text", ["87011234567", "2", "Almaty", "👍"])
def test_what_tells_no_language_keeps_the_one_before(text: str, previous: str) -> None:
    assert detect_language(text, previous=previous) == previous


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("из Алматы в Тараз", [("almaty", "from"), ("taraz", "in")]),
        ("Алматыдан Таразға", [("almaty", "from"), ("taraz", "to")]),
        ("до Тараза", [("taraz", "to")]),
        ("в Таразе", [("taraz", "at")]),
        ("в Астану", [("astana", "to")]),
        ("from Astana to Karaganda", [("astana", "from"), ("karaganda", "to")]),
        ("Усть-Каменогорск", [("oskemen", "")]),
        ("усть каменогорска", [("oskemen", "")]),
        ("кызыл-орда", [("kyzylorda", "")]),
        ("Нур-Султан", [("astana", "")]),
        ("Шымкент қаласынан", [("shymkent", "from")]),
        ("Алматы қаласына дейін", [("almaty", "to")]),
        ("Таразға дейін", [("taraz", "to")]),
        ("через Балхаш", [("balkhash", "via")]),
        ("карагнда", [("karaganda", "")]),
        ("алмтыдан", [("almaty", "from")]),
        ("Алматы-дан", [("almaty", "from")]),
        ("Qaragandygha", [("karaganda", "to")]),
        ("Чимкент", [("shymkent", "")]),
        ("из траз", [("taraz", "from")]),
        ("алматы тарас", [("almaty", ""), ("taraz", "")]),
        ("we crossed the river by boat", []),
        ("онымен қарағанда басқаша", []),
        ("семья из трёх человек", []),
        ("два раза", []),
        ("спасибо, осталось место", []),
        ("take the ride", []),
    ],
)
def test_cities_are_found_with_their_side(text: str, found: list[tuple[str, str]]) -> None:
    assert [(one.id, one.side) for one in find_entities(split_tokens(text), CITIES)] == found


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("нас двое", [2]),
        ("үшеуміз", [3]),
        ("me and two friends", [3]),
        ("мы с женой и двумя детьми", [4]),
        ("группа из 5 человек", [5]),
        ("опоздал на 40 минут", []),
        ("на 2 дня", []),
        ("with friends", []),
        ("у меня болеет жена", []),
        ("один вопрос", []),
        ("забыл одну сумку", []),
    ],
)
def test_people_are_counted_and_other_numbers_are_not(text: str, counts: list[int]) -> None:
    assert [one.count for one in find_counts(atoms_of(text))] == counts


@pytest.mark.parametrize(
    "text",
    [
        *("87011234567", "+77011234567", "8 (701) 123-45-67", "7 701 123 45 67", "7011234567", "8-701-123-45-67"),
        *("мой номер 8 701 1234567", "+7 701 123 4567 Асель"),
    ],
)
def test_a_kazakhstani_number_is_read_in_any_form(text: str) -> None:
    assert [one.phone for one in find_phones(text)] == ["+77011234567"]


@pytest.mark.parametrize(("text", "phone"), [("+996555123456", "+996555123456"), ("+998901234567", "+998901234567")])
def test_a_number_of_a_neighbour_keeps_its_country(text: str, phone: str) -> None:
    assert parse_phone(text) == phone


@pytest.mark.parametrize("text", ["8 марта в 10:30", "15.03.2026", "2026-03-05", "10 000", "2 места", "бронь 1001"])
def test_dates_prices_and_counts_are_no_phone(text: str) -> None:
    assert find_phones(text) == []


@pytest.mark.parametrize("text", ["8701123456", "870112345678", "123456789"])
def test_digits_that_are_no_number_are_seen_as_one_gone_wrong(text: str) -> None:
    assert [one.phone for one in find_phones(text, expected=True)] in ([None], ["+78701123456"])


def test_a_phone_is_shown_readably() -> None:
    assert format_phone("+77011234567") == "+7 701 123 4567"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("не в Тараз, а в Шымкент", ["shymkent"]),
        ("Тараз емес, Шымкент", ["shymkent"]),
        ("not Taraz but Shymkent", ["shymkent"]),
        ("вместо Тараза Шымкент", ["shymkent"]),
        ("в Шымкент, а не в Тараз", ["shymkent"]),
        ("в Тараз", ["taraz"]),
    ],
)
def test_what_is_taken_back_does_not_count(text: str, kept: list[str]) -> None:
    tokens = split_tokens(text)
    assert [one.id for one in drop_negated(tokens, find_entities(tokens, CITIES))] == kept


def test_a_cue_matches_any_ending_where_it_says_so() -> None:
    cues = build_cues({"cancel": list_cues("отмен*, бас тарт*"), "exact": list_cues("да")})
    assert cues.find([token.fold for token in split_tokens("хочу отменить")]) == ["cancel"]
    assert cues.find([token.fold for token in split_tokens("бас тартамын")]) == ["cancel"]
    assert cues.find([token.fold for token in split_tokens("дача")]) == []


def test_examples_of_one_city_and_hour_teach_about_all() -> None:
    assert mask_example("такси до {city} завтра в 8 на двоих", "ru") == [
        *("такси", "до", "<place>", "<time>", "в", "<time>", "на", "<count>"),
    ]


def test_intents_are_learned_from_examples_and_the_same_each_time() -> None:
    phrases = {"price": ["сколько стоит", "какая цена"], "greet": ["привет", "добрый день"]}
    examples = [(name, mask_example(text, "ru"), []) for name, texts in phrases.items() for text in texts]
    model = train_intents(examples)
    assert model.rank(mask_example("а цена какая", "ru"))[0].intent == "price"
    assert model.rank(mask_example("приветик", "ru"))[0].intent == "greet"
    assert model.rank(["цена"]) == train_intents(examples).rank(["цена"])
