"""Postgres against a real server."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare
from tests.servers.postgres import PostgresServer

from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.nodes.postgres.results import read_array
from tapbot.nodes.postgres.statements import build_query
from tapbot.upstream import OutgoingPolicy
from tapbot.upstream.postgres import PostgresServer as Place
from tapbot.upstream.postgres import Statement, run_on_postgres

pytestmark = pytest.mark.asyncio(loop_scope="package")
TABLE = """
DROP TABLE IF EXISTS "Rides"; CREATE TABLE "Rides" (id serial PRIMARY KEY, city text UNIQUE, seats int, price numeric,
  at timestamptz, tags text[], about jsonb, paid bool, big bigint);
INSERT INTO "Rides" (city, seats, price, at, tags, about, paid, big) VALUES
  ('Алматы', 2, 12.50, '2026-03-05 09:30:00+05', '{a,"b c"}', '{"k": [1]}', true, 9007199254740993),
  ('Тараз', 4, NULL, NULL, NULL, NULL, false, 1)
"""
INJECTION = 'x\'); DROP TABLE "Rides"; --'


@pytest.fixture(scope="module")
def place(postgres: PostgresServer) -> dict[str, str]:
    """A credential of a database of this module's own."""
    database = postgres.new_database(migrated=False).rpartition("/")[2]
    return {"host": "127.0.0.1", "port": str(postgres.port), "database": database, "user": "postgres", "password": "p"}


@pytest.fixture(autouse=True)
def table(postgres: PostgresServer, place: dict[str, str]) -> None:
    postgres.sql(TABLE, database=place["database"])


async def run(
    bench: Bench,
    place: dict[str, str],
    parameters: dict[str, Any],
    items: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Any:
    credentials = await bench.enter({"postgres": place})
    given = {"table": {"__rl": True, "value": "Rides", "mode": "list"}, **parameters}
    settings = {"credentials": credentials, **more.pop("settings", {})}
    case = {"parameters": given, "settings": settings, "inputs": [[{"json": item} for item in items or [{}]]], **more}
    return await bench.run(prepare(around("n8n-nodes-base.postgres", case)), "Start", [{"json": {}}])


async def records(bench: Bench, place: dict[str, str], *given: Any, **more: Any) -> list[dict[str, Any]]:
    outcome = await run(bench, place, *given, **more)
    assert outcome.error is None, outcome.error
    return [item["json"] for item in outputs_of(outcome, "Node")[0]]


ALL = {"operation": "select", "returnAll": True, "sort": {"values": [{"column": "id", "direction": "DESC"}]}}


async def test_rows_are_read_with_their_types(bench: Bench, place: dict[str, str]) -> None:
    found = await records(bench, place, ALL)
    assert found[1] == {
        "id": 1, "city": "Алматы", "seats": 2, "price": "12.50", "at": "2026-03-05T04:30:00.000Z",
        "tags": ["a", "b c"], "about": {"k": [1]}, "paid": True, "big": "9007199254740993",
    }  # fmt: skip
    assert [row["city"] for row in found] == ["Тараз", "Алматы"]
    numbers = await records(bench, place, {**ALL, "options": {"largeNumbersOutput": "numbers"}})
    assert (numbers[1]["price"], numbers[0]["big"]) == (12.5, 1)


@pytest.mark.parametrize(
    ("conditions", "combine", "found"),
    [
        ([{"column": "seats", "condition": ">", "value": "2"}], "AND", ["Тараз"]),
        ([{"column": "seats", "value": 2}, {"column": "city", "value": "Тараз"}], "AND", []),
        ([{"column": "seats", "value": 2}, {"column": "city", "value": "Тараз"}], "OR", ["Алматы", "Тараз"]),
        ([{"column": "at", "condition": "IS NULL"}], "AND", ["Тараз"]),
        ([{"column": "city", "condition": "LIKE", "value": "А%"}], "AND", ["Алматы"]),
        ([{"column": "city", "value": INJECTION}], "AND", []),
    ],
)
async def test_rows_are_chosen_by_conditions(
    bench: Bench, place: dict[str, str], conditions: list[Any], combine: str, found: list[str]
) -> None:
    given = {"operation": "select", "where": {"values": conditions}, "combineConditions": combine}
    given["options"] = {"outputColumns": ["city"]}
    assert [row["city"] for row in await records(bench, place, given)] == found


async def test_items_are_written_and_given_back(bench: Bench, place: dict[str, str]) -> None:
    auto = {"mappingMode": "autoMapInputData"}
    items = [{"city": INJECTION, "seats": "3", "tags": ["x", None, 'q"'], "about": [1, {"a": 2}]}, {"city": "Орал"}]
    made = await records(bench, place, {"operation": "insert", "columns": auto}, items)
    assert [row["id"] for row in made] == [3, 4]
    assert (made[0]["city"], made[0]["seats"]) == (INJECTION, 3)
    assert (made[0]["tags"], made[0]["about"]) == (["x", None, 'q"'], [1, {"a": 2}])
    below = {"mappingMode": "defineBelow", "value": {"city": "={{ $json.c }}", "seats": ""}}
    options = {"skipOnConflict": True, "replaceEmptyStrings": True, "outputColumns": ["seats"]}
    given = {"operation": "insert", "columns": below, "options": options}
    assert await records(bench, place, given, [{"c": "Алматы"}, {"c": "Семей"}]) == [{"seats": None}]


async def test_rows_are_changed_or_added_by_their_columns(bench: Bench, place: dict[str, str]) -> None:
    columns = {"mappingMode": "autoMapInputData", "matchingColumns": ["city"]}
    changed = await records(bench, place, {"operation": "update", "columns": columns}, [{"city": "Тараз", "seats": 9}])
    assert changed[0]["seats"] == 9
    both = [{"city": "Тараз", "seats": 1}, {"city": "Ақтау", "seats": 5}]
    assert len(await records(bench, place, {"operation": "upsert", "columns": columns}, both)) == 2
    assert [row["seats"] for row in await records(bench, place, ALL)] == [5, 1, 2]


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ({"deleteCommand": "delete", "where": {"values": [{"column": "city", "value": "Тараз"}]}}, ["Алматы"]),
        ({"deleteCommand": "truncate", "restartSequences": True}, []),
    ],
)
async def test_rows_are_deleted(
    bench: Bench, place: dict[str, str], parameters: dict[str, Any], left: list[str]
) -> None:
    assert await records(bench, place, {"operation": "deleteTable", **parameters}) == [{"success": True}]
    assert [row["city"] for row in await records(bench, place, ALL)] == left


async def test_a_table_is_removed(bench: Bench, place: dict[str, str]) -> None:
    await records(bench, place, {"operation": "deleteTable", "deleteCommand": "drop"})
    assert "does not exist" in (await run(bench, place, ALL)).error["message"]


@pytest.mark.parametrize(
    ("query", "given", "found"),
    [
        ("SELECT city FROM \"Rides\" WHERE seats = $1", "={{ [ $json.n ] }}", [{"city": "Алматы"}]),
        ("SELECT city FROM $1:name WHERE seats = $2::int", "=Rides, {{ $json.n }}", [{"city": "Алматы"}]),
        ("SELECT city FROM \"Rides\" WHERE id IN ($1:csv) ORDER BY id DESC", "={{ [ [1, 2] ] }}",
         [{"city": "Тараз"}, {"city": "Алматы"}]),
        ("SELECT $1::jsonb -> 'a' AS a, '$2' AS b", "={{ [ { a: [$json.n] } ] }}", [{"a": [2], "b": "$2"}]),
        ("SELECT city FROM \"Rides\" WHERE city = $1", "={{ [ $json.evil ] }}", []),
        ("UPDATE \"Rides\" SET seats = 0 WHERE city = '{$1}'", "", [{"success": True}]),
    ],
)  # fmt: skip
async def test_a_query_takes_its_values_apart_from_its_text(
    bench: Bench, place: dict[str, str], query: str, given: str, found: list[Any]
) -> None:
    if not given:
        query = query.replace("{$1}", "x")
    parameters = {"operation": "executeQuery", "query": query, "options": {"queryReplacement": given}}
    assert await records(bench, place, parameters, [{"n": 2, "evil": INJECTION}]) == found


async def test_a_text_that_an_expression_wrote_is_one_statement(bench: Bench, place: dict[str, str]) -> None:
    spliced = "=SELECT city FROM \"Rides\" WHERE city = '{{ $json.evil }}'"
    outcome = await run(
        bench, place, {"operation": "executeQuery", "query": spliced}, [{"evil": INJECTION.replace(")", "")}]
    )
    assert "cannot insert multiple commands" in outcome.error["message"]
    assert len(await records(bench, place, ALL)) == 2
    script = "CREATE TEMP TABLE t (n int); INSERT INTO t VALUES (1)"
    assert await records(bench, place, {"operation": "executeQuery", "query": script}) == [{"success": True}]


QUERY = {"operation": "executeQuery"}
DOUBLE = [{"city": "Орал"}, {"city": "Алматы"}, {"city": "Семей"}]


async def test_all_or_nothing_unless_each_is_on_its_own(bench: Bench, place: dict[str, str]) -> None:
    insert = {"operation": "insert", "columns": {"mappingMode": "autoMapInputData"}}
    assert "duplicate key" in (await run(bench, place, insert, DOUBLE)).error["message"]
    assert len(await records(bench, place, ALL)) == 2
    own = {**insert, "options": {"queryBatching": "independently", "outputColumns": ["city"]}}
    made = await records(bench, place, own, DOUBLE, settings={"onError": "continueRegularOutput"})
    assert [row.get("city") for row in made] == ["Орал", None, "Семей"]
    assert "duplicate key" in made[1]["error"]
    split = await run(bench, place, own, [{"city": "Алматы"}], settings={"onError": "continueErrorOutput"})
    assert [len(output) for output in outputs_of(split, "Node")] == [0, 1]


async def test_older_versions_name_the_items_fields(bench: Bench, place: dict[str, str]) -> None:
    first = {"operation": "insert", "table": "Rides", "columns": "city, seats:int", "returnFields": "id, city"}
    assert await records(bench, place, first, [{"city": "Орал", "seats": 1, "x": 2}], version=1) == [
        {"id": 3, "city": "Орал"}
    ]
    change = {"operation": "update", "table": "Rides", "columns": "seats", "updateKey": "id", "returnFields": "seats"}
    assert await records(bench, place, change, [{"id": 3, "seats": 8}], version=1) == [{"seats": 8}]
    asked = {"operation": "executeQuery", "query": 'SELECT seats FROM "Rides" WHERE city = $1'}
    asked |= {"additionalFields": {"queryParams": "c"}}
    assert await records(bench, place, asked, [{"c": "Орал"}], version=1) == [{"seats": 8}]
    sent = {"values": [{"column": "seats", "value": 7}]}
    older = {"operation": "update", "valuesToSend": sent, "columnToMatchOn": "city", "valueToMatchOn": "Орал"}
    assert (await records(bench, place, older, version=2.1))[0]["seats"] == 7
    empty = {"operation": "executeQuery", "query": "SELECT 1 WHERE false"}
    assert await records(bench, place, empty, version=2) == [{"success": True}]
    assert await records(bench, place, empty) == []


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({**QUERY, "query": " "}, "The query is empty"),
        ({**QUERY, "query": "SELECT $2", "options": {"queryReplacement": "a"}}, "has $2, and there are 1"),
        ({**QUERY, "query": "SELECT $1:raw", "options": {"queryReplacement": "1"}}, "as SQL"),
        ({**QUERY, "query": "SELECT $1", "options": {"queryReplacement": "={{ $json.comma }}"}}, "a comma"),
        ({**QUERY, "query": "SELEC 1"}, "syntax error"),
        ({"operation": "insert", "columns": {"value": {}}}, "no value to write"),
        ({"operation": "update", "columns": {"value": {"seats": 1}}}, "no column is named"),
        ({"operation": "update", "columns": {"value": {"id": 1}, "matchingColumns": ["id"]}}, "nothing to change"),
        ({"operation": "upsert", "columns": {"value": {"seats": 1}, "matchingColumns": ["id"]}}, "'id' has no value"),
        ({"operation": "select", "table": ""}, "name of a table"),
        ({"operation": "select", "where": {"values": [{"column": "seats", "value": "x"}]}}, "invalid input syntax"),
        ({"operation": "select", "where": {"values": [{"column": 'a" = 1 OR "b'}]}}, "does not exist"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_named(
    bench: Bench, place: dict[str, str], parameters: dict[str, Any], problem: str
) -> None:
    outcome = await run(bench, place, parameters, [{"comma": "a, b"}])
    assert outcome.error is not None
    assert problem in outcome.error["message"], outcome.error


async def test_who_may_not_log_in_is_told_the_credentials_name_alone(bench: Bench, place: dict[str, str]) -> None:
    outcome = await run(bench, {**place, "user": "nobody", "password": "hidden1"}, ALL)
    assert outcome.error["message"] == "PostgreSQL did not accept the credential 'case'."
    assert "no TLS" in (await run(bench, {**place, "ssl": "require"}, ALL)).error["message"]
    assert "is none" in (await run(bench, {**place, "port": "x"}, ALL)).error["message"]
    assert "could not be reached" in (await run(bench, {**place, "port": "1"}, ALL)).error["message"]


async def test_a_private_server_a_silent_one_and_a_large_answer_are_refused(place: dict[str, str]) -> None:
    server = Place("127.0.0.1", int(place["port"]), place["database"], "postgres", "")
    once = {"together": True, "connect_seconds": 5, "silence_seconds": 5}
    with pytest.raises(UpstreamRejected, match="private or reserved"):
        await run_on_postgres(OutgoingPolicy(), server, [], **once)
    here = OutgoingPolicy(allow_hosts=("127.0.0.1",))
    with pytest.raises(UpstreamUnavailable, match="broke off"):
        await run_on_postgres(here, server, [Statement("SELECT pg_sleep(5)")], **{**once, "silence_seconds": 0.1})
    small = OutgoingPolicy(allow_hosts=("127.0.0.1",), response_limit_bytes=1000)
    with pytest.raises(Exception, match="more than 1000 bytes"):
        await run_on_postgres(small, server, [Statement("SELECT repeat('x', 2000)")], **once)


@pytest.mark.parametrize(
    ("written", "read"),
    [("{}", []), ("{1,NULL,3}", ["1", None, "3"]), ('{"a,b","c\\"d","NULL"}', ["a,b", 'c"d', "NULL"]),
     ("{{1,2},{3}}", [["1", "2"], ["3"]]), ("[0:1]={7,8}", ["7", "8"])],
)  # fmt: skip
async def test_arrays_are_read(written: str, read: list[Any]) -> None:
    assert read_array(written, str) == read


@pytest.mark.parametrize("text", ["'$1'", '"$1"', "-- $1", "/* $1 */", "$$ $1 $$", "$tag$ $1 $tag$", "'it''s $1'"])
async def test_what_looks_like_a_place_in_a_text_or_a_comment_is_none(text: str) -> None:
    assert build_query(text, [], written_by_expression=False).text == text
