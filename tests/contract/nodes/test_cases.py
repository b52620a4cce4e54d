"""Every case beside a node runs through the real engine: its tests, and the examples that people see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare

from tapbot.errors import TapbotError
from tapbot.help_texts import form_schema
from tapbot.nodes import catalogue
from tapbot.workflow.release import PreparedWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="package")
CASES = [
    pytest.param(path, id=name)
    for path in sorted(catalogue.ROOM.glob("*/cases/*.json"))
    if (name := f"{path.parent.parent.name}/{path.stem}")
]
NODES = catalogue.folders()
KEYS = {
    "title",
    "about",
    "parameters",
    "version",
    "settings",
    "workflow",
    "inputs",
    "expect",
    "http",
    "children",
    "credentials",
}


def _type_of(path: Path) -> str:
    return {catalogue.folder_of(declared.type): declared.type for declared in catalogue.all()}[path.parent.parent.name]


def _load(type_name: str, case: dict[str, Any]) -> tuple[PreparedWorkflow | None, str]:
    """The workflow around the case's node, or why it cannot be loaded."""
    try:
        return prepare(around(type_name, case)), ""
    except TapbotError as error:
        return None, str(error)


@pytest.mark.parametrize("path", CASES)
async def test_a_node_does_what_its_case_says(path: Path, bench: Bench) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert case.keys() <= KEYS
    assert case["title"]
    assert case["about"]
    expected = case["expect"]
    type_name = _type_of(path)
    bench.children = {name: prepare(raw) for name, raw in case.get("children", {}).items()}
    if "credentials" in case:
        case["settings"] = {**case.get("settings", {}), "credentials": await bench.enter(case["credentials"])}
    workflow, problem = _load(type_name, case)
    if workflow is None:
        assert expected.get("error", "no error") in problem
        return
    declared = catalogue.find(type_name)
    start = "Node" if declared.trigger else "Start"
    items = case.get("inputs", [[{"json": {}}]])[0] if declared.trigger else [{"json": {}}]
    mode = "webhook" if "reply" in expected else "production"
    outcome = await bench.run(workflow, start, items, case.get("http", ()), mode=mode)
    if "error" in expected:
        assert outcome.error is not None, "the node did not fail"
        assert expected["error"] in str(outcome.error["message"])
        return
    assert outcome.error is None, outcome.error
    assert (outcome.wake_at.isoformat() if outcome.wake_at else None) == expected.get("waits_until")
    if "waits_until" in expected:
        return
    _compare(outputs_of(outcome, "Node"), expected["outputs"])
    if "reply" in expected:
        _compare_reply(outcome.reply, expected["reply"])


def _compare(given: list[list[dict[str, Any]]], expected: list[list[dict[str, Any]]]) -> None:
    """Compare the parts of items that the case names; types are strict, as in JSON."""
    given = given + [[] for _ in range(len(expected) - len(given))]
    shown = [
        [
            {key: item.get(key) for key in wanted.keys() | {"json"}}
            for item, wanted in zip(output, [*wanted_output, *[{}] * len(output)], strict=False)
        ]
        for output, wanted_output in zip(given, [*expected, *[[]] * len(given)], strict=False)
    ]
    assert _exact(shown) == _exact(expected)


def _exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _compare_reply(reply: Any, expected: dict[str, Any]) -> None:
    assert reply is not None, "nobody answered"
    if "status" in expected:
        assert reply.status == expected["status"]
    for name, value in expected.get("headers", {}).items():
        found = reply.headers.get(name)
        assert found == value if value is None else found is not None and value in found, (name, found)
    if "json" in expected:
        assert json.loads(reply.body) == expected["json"]
    if "text" in expected:
        assert reply.body.decode() == expected["text"]


@pytest.mark.parametrize("folder", NODES)
async def test_a_node_is_complete(folder: str) -> None:
    declared = next(found for found in catalogue.all() if catalogue.folder_of(found.type) == folder)
    assert declared.label
    assert declared.icon.startswith("<svg")
    assert 'viewBox="0 0 24 24"' in declared.icon
    assert "currentColor" in declared.icon
    assert declared.shape == "note" or list((catalogue.ROOM / folder / "cases").glob("*.json"))
    _check_described(form_schema(declared.params), folder)


def _check_described(schema: dict[str, Any], place: str) -> None:
    """Each parameter, also of nested objects, has a help text."""
    for name, model in [(place, schema), *schema.get("$defs", {}).items()]:
        for field, described in model.get("properties", {}).items():
            # A help that only repeats the nested object's own is left out of the schema.
            nested = schema["$defs"][described["$ref"].rpartition("/")[2]] if "$ref" in described else {}
            assert described.get("description") or nested.get("description"), f"{name}.{field} has no help"
