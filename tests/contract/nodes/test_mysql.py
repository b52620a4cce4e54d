"""MySQL against a real server (MariaDB)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare
from tests.servers.mariadb import MariadbServer

from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.nodes.my_sql.params import MysqlParams, step_kind
from tapbot.nodes.my_sql.statements import build_query
from tapbot.upstream import OutgoingPolicy
from tapbot.upstream.mysql import MysqlServer, Statement, run_on_mysql
from tapbot.workflow.types import StepKind

pytestmark = pytest.mark.asyncio(loop_scope="package")
TABLE = (
    "DROP TABLE IF EXISTS Rides",
    "CREATE TABLE Rides (id int AUTO_INCREMENT PRIMARY KEY, city varchar(40) UNIQUE, seats int, price decimal(8,2),"
    " at datetime, about json, paid tinyint(1), big bigint, photo blob) CHARACTER SET utf8mb4",
    "INSERT INTO Rides (city, seats, price, at, about, paid, big, photo) VALUES"
    " ('Алматы', 2, 12.50, '2026-03-05 09:30:00', '{\"k\": [1]}', 1, 9007199254740993, x'00ff'),"
    " ('Тараз', 4, NULL, NULL, NULL, 0, 1, NULL)",
)
INJECTION = "x'); DROP TABLE Rides; -- \\' \\"
QUERY = {"operation": "executeQuery"}
ALL = {"operation": "select", "returnAll": True, "sort": {"values": [{"column": "id", "direction": "DESC"}]}}


@pytest.fixture(autouse=True)
def table(mariadb: MariadbServer) -> None:
    mariadb.sql(*TABLE, database="tapbot")


@pytest.fixture
def place(mariadb: MariadbServer) -> dict[str, str]:
    """A credential."""
    where = {"host": "127.0.0.1", "port": str(mariadb.port), "database": "tapbot"}
    return {**where, "user": "tapbot", "password": "secret"}


async def run(
    bench: Bench,
    place: dict[str, str],
    parameters: dict[str, Any],
    items: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Any:
    credentials = await bench.enter({"mySql": place})
    given = {"table": {"__rl": True, "value": "Rides", "mode": "list"}, **parameters}
    settings = {"credentials": credentials, **more.pop("settings", {})}
    case = {"parameters": given, "settings": settings, "inputs": [[{"json": item} for item in items or [{}]]], **more}
    return await bench.run(prepare(around("n8n-nodes-base.mySql", case)), "Start", [{"json": {}}])


async def records(bench: Bench, place: dict[str, str], *given: Any, **more: Any) -> list[dict[str, Any]]:
    outcome = await run(bench, place, *given, **more)
    assert outcome.error is None, outcome.error
    return [item["json"] for item in outputs_of(outcome, "Node")[0]]


async def test_rows_are_read_with_their_types(bench: Bench, place: dict[str, str]) -> None:
    found = await records(bench, place, ALL)
    assert found[1] == {
        "id": 1, "city": "Алматы", "seats": 2, "price": "12.50", "at": "2026-03-05T09:30:00.000Z",
        "about": '{"k": [1]}', "paid": 1, "big": "9007199254740993", "photo": {"type": "Buffer", "data": [0, 255]},
    }  # fmt: skip
    assert (found[0]["city"], found[0]["price"], found[0]["big"]) == ("Тараз", None, 1)
    numbers = await records(bench, place, {**ALL, "options": {"largeNumbersOutput": "numbers"}})
    assert (numbers[1]["price"], numbers[1]["big"]) == (12.5, 9007199254740993)
    decimals = await records(bench, place, {**ALL, "options": {"decimalNumbers": True}})
    assert (decimals[1]["price"], decimals[1]["big"]) == (12.5, "9007199254740993")


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
    given["options"] = {"outputColumns": ["city"], "selectDistinct": True}
    assert [row["city"] for row in await records(bench, place, given)] == found


async def test_items_are_written_as_they_are(bench: Bench, place: dict[str, str]) -> None:
    items = [{"city": INJECTION, "seats": "3", "about": [1, {"a": 2}], "paid": True}, {"city": "Орал"}]
    assert await records(bench, place, {"operation": "insert"}, items) == [{"success": True}, {"success": True}]
    made = await records(bench, place, ALL)
    assert (made[1]["city"], made[1]["seats"], made[1]["about"], made[1]["paid"]) == (INJECTION, 3, '[1,{"a":2}]', 1)
    sent = {"values": [{"column": "city", "value": "={{ $json.c }}"}, {"column": "seats", "value": ""}]}
    options = {"skipOnConflict": True, "replaceEmptyStrings": True, "detailedOutput": True, "priority": "LOW_PRIORITY"}
    given = {"operation": "insert", "dataMode": "defineBelow", "valuesToSend": sent, "options": options}
    told = await records(bench, place, given, [{"c": "Алматы"}, {"c": "Семей"}])
    assert [one["affectedRows"] for one in told] == [0, 1]
    assert told[1]["insertId"] > 0


async def test_rows_are_changed_or_added_by_their_column(bench: Bench, place: dict[str, str]) -> None:
    change = {"operation": "update", "columnToMatchOn": "city"}
    assert await records(bench, place, change, [{"city": "Тараз", "seats": 9}]) == [{"success": True}]
    both = [{"city": "Тараз", "seats": 1}, {"city": "Ақтау", "seats": 5}]
    await records(bench, place, {"operation": "upsert", "columnToMatchOn": "city"}, both)
    assert [row["seats"] for row in await records(bench, place, ALL)] == [5, 1, 2]
    sent = {"values": [{"column": "seats", "value": 7}]}
    below = {**change, "dataMode": "defineBelow", "valueToMatchOn": "Алматы", "valuesToSend": sent}
    await records(bench, place, below)
    assert [row["seats"] for row in await records(bench, place, ALL)] == [5, 1, 7]


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ({"deleteCommand": "delete", "where": {"values": [{"column": "city", "value": "Тараз"}]}}, ["Алматы"]),
        ({"deleteCommand": "truncate"}, []),
    ],
)
async def test_rows_are_deleted(
    bench: Bench, place: dict[str, str], parameters: dict[str, Any], left: list[str]
) -> None:
    assert await records(bench, place, {"operation": "deleteTable", **parameters}) == [{"success": True}]
    assert [row["city"] for row in await records(bench, place, ALL)] == left


async def test_a_table_is_removed(bench: Bench, place: dict[str, str]) -> None:
    await records(bench, place, {"operation": "deleteTable", "deleteCommand": "drop"})
    assert "doesn't exist" in (await run(bench, place, ALL)).error["message"]


@pytest.mark.parametrize(
    ("query", "given", "found"),
    [
        ("SELECT city FROM Rides WHERE seats = $1", "={{ [ $json.n ] }}", [{"city": "Алматы"}]),
        ("SELECT city FROM $1:name WHERE seats = $2", "=Rides, {{ $json.n }}", [{"city": "Алматы"}]),
        ("SELECT city FROM Rides WHERE id IN ($1) ORDER BY id DESC", "={{ [ [1, 2] ] }}",
         [{"city": "Тараз"}, {"city": "Алматы"}]),
        ("SELECT $1 AS a, '$2 100%' AS b -- $3", "={{ [ { a: [$json.n] } ] }}", [{"a": '{"a":[2]}', "b": "$2 100%"}]),
        ("SELECT city FROM Rides WHERE city = $1", "={{ [ $json.evil ] }}", []),
        ("SELECT $1 = $1 AS same", "={{ [ $json.evil ] }}", [{"same": 1}]),
        ("UPDATE Rides SET seats = 0 WHERE city = 'x'", "", [{"success": True}]),
    ],
)  # fmt: skip
async def test_a_query_takes_its_values_apart_from_its_text(
    bench: Bench, place: dict[str, str], query: str, given: str, found: list[Any]
) -> None:
    parameters = {"operation": "executeQuery", "query": query, "options": {"queryReplacement": given}}
    assert await records(bench, place, parameters, [{"n": 2, "evil": INJECTION}]) == found


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES"])
async def test_no_value_leaves_its_quotes_in_any_mode(
    bench: Bench, place: dict[str, str], mariadb: MariadbServer, mode: str
) -> None:
    before = mariadb.sql("SELECT @@GLOBAL.sql_mode")[0][0]
    mariadb.sql(f"SET GLOBAL sql_mode = '{mode}'")
    try:
        await records(bench, place, {"operation": "insert"}, [{"city": INJECTION}])
        assert INJECTION in [row["city"] for row in await records(bench, place, ALL)]
    finally:
        mariadb.sql(f"SET GLOBAL sql_mode = '{before}'")


async def test_a_text_that_an_expression_wrote_is_one_statement(bench: Bench, place: dict[str, str]) -> None:
    spliced = "=SELECT city FROM Rides WHERE city = '{{ $json.evil }}'"
    outcome = await run(bench, place, {**QUERY, "query": spliced}, [{"evil": "x'; DELETE FROM Rides; -- "}])
    assert "error in your SQL syntax" in outcome.error["message"]
    assert len(await records(bench, place, ALL)) == 2
    script = "UPDATE Rides SET seats = 1; SELECT seats FROM Rides; SELECT 'b' AS b"
    assert await records(bench, place, {**QUERY, "query": script}) == [{"seats": 1}, {"seats": 1}, {"b": "b"}]


async def test_all_or_nothing_unless_each_is_on_its_own(bench: Bench, place: dict[str, str]) -> None:
    double = [{"city": "Орал"}, {"city": "Алматы"}, {"city": "Семей"}]
    assert "Duplicate entry" in (await run(bench, place, {"operation": "insert"}, double)).error["message"]
    assert len(await records(bench, place, ALL)) == 2
    own = {"operation": "insert", "options": {"queryBatching": "independently"}}
    made = await records(bench, place, own, double, settings={"onError": "continueRegularOutput"})
    assert "Duplicate entry" in made[1]["error"]
    assert len(await records(bench, place, ALL)) == 4


async def test_version_1_names_the_items_fields(bench: Bench, place: dict[str, str]) -> None:
    first = {"operation": "insert", "table": "Rides", "columns": "city, seats", "options": {"ignore": True}}
    [made] = await records(bench, place, first, [{"city": "Орал", "seats": 1, "x": 2}], version=1)
    assert made["affectedRows"] == 1
    change = {"operation": "update", "table": "Rides", "columns": "seats", "updateKey": "id"}
    assert (await records(bench, place, change, [{"id": made["insertId"], "seats": 8}], version=1))[0] == {
        "affectedRows": 1,
        "insertId": 0,
    }
    assert (await records(bench, place, ALL))[0]["seats"] == 8
    empty = {"operation": "executeQuery", "query": "SELECT 1 FROM Rides WHERE false"}
    assert await records(bench, place, empty, version=2) == [{"success": True}]
    assert await records(bench, place, empty) == []


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({**QUERY, "query": " "}, "The query is empty"),
        ({**QUERY, "query": "SELECT $2", "options": {"queryReplacement": "a"}}, "has $2, and there are 1"),
        ({**QUERY, "query": "SELECT $1", "options": {"queryReplacement": "={{ $json.comma }}"}}, "a comma"),
        ({**QUERY, "query": "SELEC 1"}, "error in your SQL syntax"),
        ({"operation": "insert", "dataMode": "defineBelow"}, "no value to write"),
        ({"operation": "update"}, "no column is named"),
        ({"operation": "update", "columnToMatchOn": "comma"}, "nothing to change"),
        ({"operation": "upsert", "columnToMatchOn": "id"}, "'id' has no value"),
        ({"operation": "select", "table": ""}, "name of a table"),
        ({"operation": "select", "where": {"values": [{"column": "a` = 1 OR `b"}]}}, "Unknown column"),
    ],
)
async def test_what_does_not_fit_is_named(
    bench: Bench, place: dict[str, str], parameters: dict[str, Any], problem: str
) -> None:
    outcome = await run(bench, place, parameters, [{"comma": "a, b"}])
    assert outcome.error is not None
    assert problem in outcome.error["message"], outcome.error


async def test_who_may_not_log_in_is_told_the_credentials_name_alone(bench: Bench, place: dict[str, str]) -> None:
    outcome = await run(bench, {**place, "password": "hidden1"}, ALL)
    assert outcome.error["message"] == "MySQL did not accept the credential 'case'."
    assert "no TLS" in (await run(bench, {**place, "ssl": "true"}, ALL)).error["message"]
    assert "could not be reached" in (await run(bench, {**place, "port": "1"}, ALL)).error["message"]


async def test_a_private_server_a_silent_one_and_a_large_answer_are_refused(place: dict[str, str]) -> None:
    server = MysqlServer("127.0.0.1", int(place["port"]), "tapbot", "tapbot", "secret")
    once = {"together": True, "connect_seconds": 5, "silence_seconds": 5}
    with pytest.raises(UpstreamRejected, match="private or reserved"):
        await run_on_mysql(OutgoingPolicy(), server, [], **once)
    here = OutgoingPolicy(allow_hosts=("127.0.0.1",))
    with pytest.raises(UpstreamUnavailable, match="broke off"):
        await run_on_mysql(here, server, [Statement(["SELECT SLEEP(5)"])], **{**once, "silence_seconds": 0.2})
    small = OutgoingPolicy(allow_hosts=("127.0.0.1",), response_limit_bytes=1000)
    with pytest.raises(Exception, match="more than 1000 bytes"):
        await run_on_mysql(small, server, [Statement(["SELECT repeat('x', 2000)"])], **once)


@pytest.mark.parametrize("text", ["'$1'", '"$1"', "`$1`", "-- $1", "# $1", "/* $1 */", "'it''s $1'", "'\\' $1'"])
async def test_what_looks_like_a_place_in_a_text_or_a_comment_is_none(text: str) -> None:
    assert build_query(text, [], written_by_expression=False).parts == [text]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"operation": "select"}, StepKind.SAFE),
        ({"operation": "executeQuery", "query": " SHOW TABLES"}, StepKind.SAFE),
        ({"operation": "executeQuery", "query": "DELETE FROM a"}, StepKind.NEVER),
        ({"operation": "insert"}, StepKind.NEVER),
        ({"operation": "update"}, StepKind.SAFE),
        ({"operation": "deleteTable", "deleteCommand": "drop"}, StepKind.NEVER),
    ],
)
async def test_only_what_may_run_twice_does(given: dict[str, Any], kind: StepKind) -> None:
    assert step_kind(MysqlParams.model_validate(given)) is kind
