"""SQLite over real files: values, limits, and what it may not reach."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare

from tapbot.errors import InvalidInput
from tapbot.nodes.sqlite.params import SqliteParams, step_kind
from tapbot.workflow.file_database import FileStatement, run_on_file
from tapbot.workflow.files import FileRoot
from tapbot.workflow.types import StepKind

pytestmark = pytest.mark.asyncio(loop_scope="package")
INJECTION = "x'); DROP TABLE rides; --"
RUNAWAY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {} FROM n"
ALL = {"operation": "select", "table": "rides", "returnAll": True}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inside = tmp_path / "open"
    inside.mkdir()
    with sqlite3.connect(inside / "taxi.db") as db:
        db.execute("CREATE TABLE rides (id INTEGER PRIMARY KEY, city TEXT UNIQUE, seats INT, price REAL, photo BLOB)")
        db.execute(
            "INSERT INTO rides VALUES (1, 'Алматы', 2, 12.5, x'00ff'), (2, 'Тараз', 9007199254740993, NULL, NULL)"
        )
    db.close()
    return inside


async def run(
    bench: Bench, root: Path, parameters: dict[str, Any], items: list[dict[str, Any]] | None = None, **settings: Any
) -> Any:
    given = {"file": "taxi.db", **parameters}
    case = {"parameters": given, "settings": settings, "inputs": [[{"json": item} for item in items or [{}]]]}
    return await bench.run(prepare(around("tapbot.sqlite", case)), "Start", [{"json": {}}], files=FileRoot(root))


async def records(bench: Bench, root: Path, *given: Any, **settings: Any) -> list[dict[str, Any]]:
    outcome = await run(bench, root, *given, **settings)
    assert outcome.error is None, outcome.error
    return [item["json"] for item in outputs_of(outcome, "Node")[0]]


async def failure(bench: Bench, root: Path, *given: Any) -> str:
    outcome = await run(bench, root, *given)
    assert outcome.error is not None, outputs_of(outcome, "Node")
    return str(outcome.error["message"])


async def test_rows_are_read_with_their_types(bench: Bench, root: Path) -> None:
    first, second = await records(bench, root, ALL)
    photo = {"type": "Buffer", "data": [0, 255]}
    assert first == {"id": 1, "city": "Алматы", "seats": 2, "price": 12.5, "photo": photo}
    assert second == {"id": 2, "city": "Тараз", "seats": "9007199254740993", "price": None, "photo": None}
    assert await records(bench, root, {"query": "SELECT 9e999 AS far, -9e999 AS near"}) == [{"far": None, "near": None}]


@pytest.mark.parametrize(
    ("given", "cities"),
    [
        ({"where": {"values": [{"column": "seats", "value": 2}]}}, ["Алматы"]),
        ({"where": {"values": [{"column": "price", "condition": "IS NULL"}]}}, ["Тараз"]),
        ({"where": {"values": [{"column": "city", "condition": "LIKE", "value": "Т%"}]}}, ["Тараз"]),
        ({"where": {"values": [{"column": "city", "value": INJECTION}]}}, []),
        ({"where": {"values": [{"column": "", "value": 1}]}}, ["Алматы", "Тараз"]),
        (
            {
                "where": {"values": [{"column": "id", "value": 1}, {"column": "id", "value": 2}]},
                "combineConditions": "OR",
            },
            ["Алматы", "Тараз"],
        ),
        ({"sort": {"values": [{"column": "id", "direction": "DESC"}]}}, ["Тараз", "Алматы"]),
        ({"returnAll": False, "limit": 1}, ["Алматы"]),
    ],
)
async def test_rows_are_chosen(bench: Bench, root: Path, given: dict[str, Any], cities: list[str]) -> None:
    found = await records(bench, root, {**ALL, **given, "options": {"outputColumns": ["city"]}})
    assert found == [{"city": city} for city in cities]


async def test_values_of_a_query_are_never_sql(bench: Bench, root: Path) -> None:
    placed = {"query": "SELECT ?1 AS a, ?2 AS b, ?3 AS c", "values": "={{ [$json.a, true, {k: [1]}] }}"}
    assert await records(bench, root, placed, [{"a": INJECTION}]) == [{"a": INJECTION, "b": 1, "c": '{"k":[1]}'}]
    named = {"query": "SELECT :a AS a, $b AS b", "values": '{"$a": "x", "b": null}'}
    assert await records(bench, root, named) == [{"a": "x", "b": None}]
    assert await records(bench, root, {"query": "SELECT ? AS a", "values": 7}) == [{"a": 7}]
    big = {"query": "SELECT ? AS a", "values": [10**30]}
    assert await records(bench, root, big) == [{"a": 1e30}]


async def test_items_are_written(bench: Bench, root: Path) -> None:
    insert = {"operation": "insert", "table": "rides"}
    items = [{"city": INJECTION, "seats": 3}, {"city": "Орал", "seats": True}]
    assert await records(bench, root, insert, items) == [{"changed": 1, "lastId": 3}, {"changed": 1, "lastId": 4}]
    one = {**insert, "columns": ["city"], "options": {"skipOnConflict": True}}
    assert await records(bench, root, one, [{"city": "Орал", "other": 1}]) == [{"changed": 0, "lastId": None}]
    upsert = {**insert, "operation": "upsert", "match": "city"}
    await records(bench, root, upsert, [{"city": "Орал", "seats": 8}, {"city": "Семей", "seats": 1}])
    await records(bench, root, {**upsert, "columns": ["city"]}, [{"city": "Орал", "seats": 5}])
    update = {**insert, "operation": "update", "match": "city", "columns": ["seats"]}
    assert (await records(bench, root, update, [{"city": "Семей", "seats": 6, "id": 1}]))[0]["changed"] == 1
    found = await records(bench, root, ALL)
    assert [(row["city"], row["seats"]) for row in found[2:]] == [(INJECTION, 3), ("Орал", 8), ("Семей", 6)]
    where = {"values": [{"column": "id", "condition": ">", "value": 2}]}
    assert (await records(bench, root, {**insert, "operation": "delete", "where": where}))[0]["changed"] == 3


async def test_items_are_one_transaction_unless_each_is_on_its_own(bench: Bench, root: Path) -> None:
    insert = {"operation": "insert", "table": "rides"}
    items = [{"city": "Орал"}, {"city": "Тараз"}, {"city": "Семей"}]
    assert "UNIQUE constraint failed" in await failure(bench, root, insert, items)
    assert len(await records(bench, root, ALL)) == 2
    each = {**insert, "options": {"queryBatching": "independently"}}
    told = await records(bench, root, each, items, onError="continueRegularOutput")
    assert [("error" in one) for one in told] == [False, True, False]
    assert len(await records(bench, root, ALL)) == 4


async def test_the_first_write_makes_the_file_and_a_read_does_not(bench: Bench, root: Path) -> None:
    assert "no database 'new.db'" in await failure(bench, root, {"file": "new.db", "query": "SELECT 1"})
    await records(bench, root, {"file": "new.db", "query": "CREATE TABLE a (b)"})
    assert (root / "new.db").is_file()
    assert await records(bench, root, {"file": "new.db", "query": "SELECT * FROM a"}) == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("ATTACH DATABASE '{outside}' AS other", "not authorized"),
        ("ATTACH DATABASE '{out' || 'side}' AS other", "not authorized"),
        ("VACUUM INTO '{outside}'", "authorization denied"),
        ("SELECT load_extension('{outside}')", "not authorized"),
        ("PRAGMA hard_heap_limit = 1", "not authorized"),
        ("PRAGMA temp_store_directory = '{outside}'", "not authorized"),
        ("PRAGMA max_page_count = 99999999", "not authorized"),
        ("PRAGMA writable_schema = 1", "not authorized"),
        ("SELECT * FROM pragma_database_list", "not authorized"),
        ("SELECT 1; DROP TABLE rides", "one statement at a time"),
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("SELECT ?1", "number of bindings"),
        ("SELECT :name", "bindings"),
        ("SELEC 1", "syntax error"),
        ("", "There is no SQL to run"),
        ("SELECT length(zeroblob(100000000))", "too big"),
    ],
)
async def test_a_statement_that_reaches_further_or_is_wrong_is_refused(
    bench: Bench, root: Path, query: str, told: str
) -> None:
    outside = root.parent / "outside.db"
    assert told in await failure(bench, root, {"query": query.replace("{outside}", str(outside))})
    assert not outside.exists()
    assert len(await records(bench, root, ALL)) == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"file": "../outside.db", "query": "CREATE TABLE a (b)"}, "not open to file nodes"),
        ({"file": "", "query": "SELECT 1"}, "no path of a file"),
        ({"file": "notes.txt", "query": "SELECT * FROM a"}, "is not a database"),
        ({"file": "missing/a.db", "query": "CREATE TABLE a (b)"}, "unable to open"),
        ({"file": "={{ $json.file }}", "query": "SELECT 1"}, "different databases"),
        ({"operation": "select"}, "A name of a table or column is missing"),
        ({"operation": "insert", "table": "rides"}, "There is no value to write"),
        ({"operation": "update", "table": "rides", "columns": ["city"]}, "no column is named"),
        ({"operation": "update", "table": "rides", "columns": ["city"], "match": "id"}, "'id' has no value"),
        ({"operation": "update", "table": "rides", "columns": ["file"], "match": "file"}, "nothing to change"),
        ({"operation": "executeQuery", "query": "SELECT 1", "values": "[1"}, "not valid JSON"),
    ],
)
async def test_bad_input_is_told(bench: Bench, root: Path, given: dict[str, Any], told: str) -> None:
    (root / "notes.txt").write_text("these are notes, not a database; they are long enough\n" * 40)
    items: list[dict[str, Any]] = [{"file": "a.db"}, {"file": "b.db"}] if "file" in str(given) else [{}]
    assert told in await failure(bench, root, given, items)


async def test_a_runaway_statement_is_interrupted(bench: Bench, root: Path) -> None:
    short = {"options": {"timeoutSeconds": 0.2}}
    assert "longer than 0.2 seconds" in await failure(bench, root, {"query": RUNAWAY.format("max(i)"), **short})
    write = "INSERT INTO rides (seats) " + RUNAWAY.format("i")
    assert "longer than 0.2 seconds" in await failure(bench, root, {"query": write, **short})
    assert len(await records(bench, root, ALL)) == 2


async def test_an_answer_and_a_file_have_a_largest_size(bench: Bench, root: Path) -> None:
    assert "more than 200000 rows" in await failure(bench, root, {"query": RUNAWAY.format("i")})
    assert "100000000 bytes" in await failure(bench, root, {"query": RUNAWAY.format("hex(zeroblob(10000000))")})
    grow = FileStatement("INSERT INTO rides (photo) " + RUNAWAY.format("zeroblob(1000)"))
    with pytest.raises(InvalidInput, match="full"):
        await run_on_file(root / "taxi.db", [grow], writes=True, together=True, seconds=10, largest_bytes=100_000)
    assert len(await records(bench, root, ALL)) == 2


async def test_a_file_that_somebody_writes_to_is_waited_for_and_no_longer(bench: Bench, root: Path) -> None:
    with sqlite3.connect(root / "taxi.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        given = {"operation": "delete", "table": "rides", "options": {"timeoutSeconds": 0.2}}
        assert "is locked" in await failure(bench, root, given)
        other.execute("ROLLBACK")
    other.close()
    assert len(await records(bench, root, ALL)) == 2
    assert await records(bench, root, {"query": "VACUUM"}) == [{"changed": 0, "lastId": None}]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"query": " SELECT 1"}, StepKind.SAFE),
        ({"query": "INSERT INTO a VALUES (1)"}, StepKind.NEVER),
        ({"query": "WITH a AS (SELECT 1) DELETE FROM b"}, StepKind.NEVER),
        ({"operation": "select"}, StepKind.SAFE),
        ({"operation": "insert"}, StepKind.NEVER),
        ({"operation": "upsert"}, StepKind.SAFE),
        ({"operation": "delete"}, StepKind.SAFE),
    ],
)
async def test_what_may_run_again(given: dict[str, Any], kind: StepKind) -> None:
    assert step_kind(SqliteParams.model_validate(given)) is kind
