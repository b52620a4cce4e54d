"""Lists of described services: pages that are numbered, go on by offset, or have a smallest size."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.contract.nodes.bench import Bench, around, prepare
from tests.contract.nodes.test_services import credential_of

from tapbot.nodes.services.describe import read_service

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def run_list(bench: Bench, name: str, parameters: dict[str, Any], replies: list[Any]) -> tuple[Any, list[Any]]:
    """Read a list from a service that answers so; what comes out, and what was asked."""
    asked: list[Any] = []
    service = read_service(name)
    kind = next(iter(service.credentials.values()))

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(dict(request.url.params))
        return httpx2.Response(200, json=replies[len(asked) - 1])

    case = {"parameters": parameters, "settings": {"credentials": await bench.enter({kind: credential_of(kind)})}}
    return await bench.run(prepare(around(service.type, case)), "Start", [{"json": {}}], answer=answer), asked


async def test_numbered_pages_keep_their_size_whatever_is_left(bench: Bench) -> None:
    pages = [{"success": True, "data": [{"id": one}] * 200} for one in (1, 2)]
    given = {"operation": "getAll", "companyId": 1, "limit": 250}
    outcome, asked = await run_list(bench, "yclients", given, pages)
    assert [(one["page"], one["count"]) for one in asked] == [("1", "200"), ("2", "200")]
    assert len(outcome.items) == 250


async def test_a_list_by_offset_goes_on_behind_what_was_read(bench: Bench) -> None:
    pages = [{"value": [{"a": 1}] * 500}, {"value": [{"a": 2}]}]
    given = {"operation": "getAll", "entity": "Catalog_A", "returnAll": True}
    outcome, asked = await run_list(bench, "one_c", given, pages)
    assert [one.get("$skip") for one in asked] == [None, "500"]
    assert len(outcome.items) == 501


async def test_small_pages_are_asked_for_as_large_as_the_service_wants_them(bench: Bench) -> None:
    pages = [{"data": [{"id": str(one)} for one in range(10)], "meta": {"next_token": "n"}}]
    given = {"operation": "search", "searchText": "a", "limit": 3}
    outcome, asked = await run_list(bench, "twitter", given, pages)
    assert (asked[0]["max_results"], len(outcome.items)) == ("10", 3)
