"""Data Table through the real engine: rows of a collection, under the names that an imported workflow uses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare

pytestmark = pytest.mark.asyncio(loop_scope="package")
CHOSEN = {"__rl": True, "mode": "list", "value": "Zx81kQ0pl2", "cachedResultName": "Guest list"}


def by(column: str, value: Any = None, condition: str = "eq") -> dict[str, Any]:
    return {"keyName": column, "condition": condition, "keyValue": value}


async def use(bench: Bench, operation: str, *items: dict[str, Any], **parameters: Any) -> list[dict[str, Any]]:
    """What the node gives; a failure is raised in its own words."""
    filters = {"conditions": parameters.pop("where", [])}
    given = {"operation": operation, "dataTableId": CHOSEN, "filters": filters, **parameters}
    case = {"parameters": given, "inputs": [[{"json": item} for item in items or ({},)]]}
    outcome = await bench.run(prepare(around("n8n-nodes-base.dataTable", case)), "Start", [{"json": {}}])
    if outcome.error is not None:
        raise AssertionError(outcome.error["message"])
    return [item["json"] for item in outputs_of(outcome, "Node")[0]]


async def add(bench: Bench, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return await use(bench, "insert", *rows, columns={"mappingMode": "autoMapInputData", "value": None})


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["fullName"] for row in rows]


async def test_rows_are_written_by_column_and_come_back_with_their_own_columns_first(bench: Bench) -> None:
    value = {"fullName": "={{ $json.name }}", "city": "shymkent", "nights": "={{ $json.nights }}", "paid": "true"}
    columns = {"mappingMode": "defineBelow", "value": value, "matchingColumns": [], "schema": []}
    [made] = await use(bench, "insert", {"name": "Aida", "nights": "3"}, columns=columns)
    assert list(made)[:3] == ["id", "createdAt", "updatedAt"]
    assert {"fullName": "Aida", "city": "shymkent", "nights": 3, "paid": True}.items() <= made.items()
    assert await use(bench, "get", where=[by("id", made["id"])]) == [made]
    bulk = await use(bench, "insert", {"name": "Berik", "nights": 1}, columns=columns, options={"optimizeBulk": True})
    assert bulk == [{"success": True}]


async def test_an_item_is_mapped_by_the_names_of_its_fields_and_own_columns_are_left_out(bench: Bench) -> None:
    [made] = await add(bench, {"id": 7, "createdAt": "long ago", "fullName": 42, "city": "taraz", "nights": ""})
    assert (made["fullName"], made["nights"], made["paid"]) == ("42", None, None)
    assert made["id"] != 7
    with pytest.raises(AssertionError, match="no column 'age'"):
        await add(bench, {"fullName": "x", "age": 3})


async def test_one_condition_is_enough_or_all_must_hold(bench: Bench) -> None:
    people = ({"fullName": "Dana", "nights": 2}, {"fullName": "Erlan", "nights": 5}, {"fullName": "Farida"})
    await add(bench, *({**person, "city": "oral"} for person in people))
    two = [by("city", "oral"), by("nights", 4, "gt")]
    assert names(await use(bench, "get", where=two, matchType="allConditions")) == ["Erlan"]
    assert names(await use(bench, "get", where=[by("fullName", "Dana"), by("fullName", "Farida")])) == [
        "Dana",
        "Farida",
    ]
    empty = [by("city", "oral"), by("nights", None, "isEmpty")]
    assert names(await use(bench, "get", where=empty, matchType="allConditions")) == ["Farida"]
    here = {"where": [by("city", "oral")], "orderBy": True, "orderByColumn": "fullName"}
    assert names(await use(bench, "get", **here)) == ["Farida", "Erlan", "Dana"]
    assert names(await use(bench, "get", **here, orderByDirection="ASC", limit=1)) == ["Dana"]
    assert len(await use(bench, "get", **here, returnAll=True, limit=1)) == 3


async def test_an_item_passes_where_a_row_exists_or_where_none_does(bench: Bench) -> None:
    await add(bench, {"fullName": "Gulnar", "city": "kokshetau"})
    asked = [by("fullName", "={{ $json.who }}")]
    people = ({"who": "Gulnar", "kept": [1]}, {"who": "Nobody"})
    assert await use(bench, "rowExists", *people, where=asked) == [people[0]]
    assert await use(bench, "rowNotExists", *people, where=asked) == [people[1]]
    with pytest.raises(AssertionError, match="condition is needed"):
        await use(bench, "rowExists")


async def test_rows_are_changed_and_a_missing_one_is_made(bench: Bench) -> None:
    columns = {"mappingMode": "defineBelow", "value": {"fullName": "Hamit", "nights": "={{ $json.nights }}"}}
    upsert = {"where": [by("fullName", "Hamit")], "columns": columns}
    first, second = await use(bench, "upsert", {"nights": 1}, {"nights": 2}, **upsert)
    assert (first["id"], first["nights"], second["nights"]) == (second["id"], 1, 2)
    tried = await use(bench, "update", {"nights": 9}, **upsert, options={"dryRun": True})
    assert [(row["dryRunState"], row["nights"]) for row in tried] == [("before", 2), ("after", 9)]
    assert [row["nights"] for row in await use(bench, "update", {"nights": 4}, **upsert)] == [4]
    with pytest.raises(AssertionError, match="a change needs a condition"):
        await use(bench, "update", {"nights": 4}, columns=columns)


async def test_rows_are_removed_unless_something_points_to_them(bench: Bench) -> None:
    kept, gone = await add(bench, {"fullName": "Ilyas", "city": "aksai"}, {"fullName": "Kamila", "city": "aksai"})
    gift = {"mappingMode": "defineBelow", "value": {"guest": kept["id"]}}
    await use(bench, "insert", columns=gift, dataTableId={"mode": "name", "value": "Gifts"})
    here = [by("city", "aksai")]
    assert len(await use(bench, "deleteRows", where=here, options={"dryRun": True})) == 2
    with pytest.raises(AssertionError, match="still point to it"):
        await use(bench, "deleteRows", where=here)
    assert names(await use(bench, "deleteRows", where=[by("id", gone["id"])])) == ["Kamila"]
    assert names(await use(bench, "get", where=here)) == ["Ilyas"]


async def test_tables_are_listed_and_made_in_files_alone(bench: Bench) -> None:
    listed = await use(bench, "list", resource="table", options={"filterName": "GUEST"})
    columns = [{"name": name} for name in ("fullName", "city", "nights", "paid")]
    assert listed == [{"id": "guest_list", "name": "guest_list", "columns": columns}]
    create = {"resource": "table", "tableName": "guestList"}
    assert await use(bench, "create", **create, options={"createIfNotExists": True}) == listed
    with pytest.raises(AssertionError, match="is there already"):
        await use(bench, "create", **create)
    with pytest.raises(AssertionError, match="makes no tables"):
        await use(bench, "create", resource="table", tableName="Invoices")
