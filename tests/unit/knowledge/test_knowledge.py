"""Documents, passages and the search over them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.contract.bots.taxi_world import taxi_knowledge

from tapbot.errors import InvalidInput
from tapbot.knowledge.chunk import chunk_document
from tapbot.knowledge.documents import parse_document
from tapbot.knowledge.search import KnowledgeBase
from tapbot.knowledge.stems import stem_kazakh
from tapbot.knowledge.types import Document

RETRIEVAL = Path(__file__).parents[4] / "shared" / "retrieval"
PAGE = "---\ntitle: Багаж\nlanguage: ru\n---\n## Чемодан\n\nОдин чемодан бесплатно.\n\n## Лыжи\n\nЛыжи за деньги.\n"


def test_a_page_has_the_title_and_language_of_its_front_matter() -> None:
    document = parse_document("knowledge/luggage.md", PAGE)
    assert (document.title, document.language) == ("Багаж", "ru")
    assert document.text.startswith("## Чемодан")


def test_a_page_without_front_matter_has_the_language_of_its_name() -> None:
    document = parse_document("knowledge/luggage.kk.md", "Жүк.")
    assert (document.title, document.language) == ("luggage", "kk")


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("knowledge/a.md", "Text", "language"),
        ("knowledge/a.ru.md", "---\ntitel: A\n---\n", "titel"),
        ("knowledge/a.ru.md", "---\ntitle: A\n", "closing"),
        ("knowledge/a.ru.md", "---\ntitle: [\n---\n", "not YAML"),
    ],
)
def test_a_mistake_in_a_page_names_its_file(path: str, text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_document(path, text)
    assert path in str(caught.value)
    assert said in str(caught.value)


def test_passages_are_sections_with_their_offsets() -> None:
    document = parse_document("knowledge/luggage.ru.md", PAGE)
    chunks = chunk_document(document)
    assert [(chunk.heading, chunk.text) for chunk in chunks] == [
        ("Чемодан", "Один чемодан бесплатно."),
        ("Лыжи", "Лыжи за деньги."),
    ]
    assert all(document.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


def test_a_long_section_is_cut_where_a_sentence_ends() -> None:
    text = "Одно предложение о багаже. " * 60
    chunks = chunk_document(Document("a", "A", "ru", text), most_chars=300)
    assert len(chunks) > 3
    assert all(len(chunk.text) <= 330 and chunk.text.endswith(".") for chunk in chunks)
    assert "".join(chunk.text.replace(" ", "") for chunk in chunks) == text.replace(" ", "")


def test_kazakh_endings_are_taken_off() -> None:
    assert {stem_kazakh(word) for word in ("балалар", "балалардың", "балаларға")} == {"бала"}


@pytest.mark.parametrize(
    ("language", "query", "page"),
    [
        ("ru", "сколько чемоданов можно взять", "luggage.ru"),
        ("ru", "можно ли с кошкой", "pets.ru"),
        ("ru", "вернёте ли деньги, если я отменю поездку", "refunds.ru"),
        ("ru", "сколько минут ждёт водитель", "waiting.ru"),
        ("ru", "забыл телефон в машине", "lost.ru"),
        ("ru", "нужен чек", "receipts.ru"),
        ("kk", "қанша жүк алуға болады", "luggage.kk"),
        ("kk", "итпен баруға бола ма", "pets.kk"),
        ("kk", "картамен төлеуге бола ма", "payment.kk"),
        ("kk", "жүргізуші қанша күтеді", "waiting.kk"),
        ("en", "can I smoke", "smoking.en"),
        ("en", "is there a child seat", "children.en"),
        ("en", "do you give receipts", "receipts.en"),
        ("en", "how safe is it at night", "safety.en"),
    ],
)
def test_a_question_finds_its_page_in_its_language(language: str, query: str, page: str) -> None:
    passages = taxi_knowledge()(query, language)
    assert passages
    assert passages[0].document == f"knowledge/{page}.md"
    assert passages[0].language == language


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("ru", "какая погода в Астане"),
        ("ru", "кто выиграл матч"),
        ("ru", "рецепт борща"),
        ("kk", "футболда кім жеңді"),
        ("kk", "ән айтып бер"),
        ("en", "tell me a joke"),
        ("en", "who is the president"),
        ("en", "lorem ipsum dolor"),
    ],
)
def test_what_no_page_tells_finds_nothing(language: str, query: str) -> None:
    assert list(taxi_knowledge()(query, language)) == []


def test_an_empty_base_finds_nothing() -> None:
    assert KnowledgeBase.build([]).search("багаж", language="ru") == []


@pytest.mark.parametrize(
    ("name", "language", "first", "ten"), [("xquad-ru", "ru", 0.92, 0.985), ("kazqad-kk", "kk", 0.63, 0.92)]
)
def test_recall_stays_above_its_floor(name: str, language: str, first: float, ten: float) -> None:
    path = RETRIEVAL / f"{name}.json"
    if not path.exists():
        pytest.skip("../shared/retrieval is not here")
    data = json.loads(path.read_text())
    base = KnowledgeBase.build(Document(str(n), "", language, text) for n, text in enumerate(data["documents"]))
    ranks = []
    for question in data["questions"]:
        passages = base.search(question["question"], language=language, limit=60, threshold=0)
        order = list(dict.fromkeys(passage.document for passage in passages))
        wanted = {str(number) for number in question["relevant"]}
        ranks.append(next((rank for rank, document in enumerate(order) if document in wanted), 999))
    assert sum(rank < 1 for rank in ranks) / len(ranks) >= first
    assert sum(rank < 10 for rank in ranks) / len(ranks) >= ten
