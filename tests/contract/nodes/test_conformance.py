"""The open half of the conformance set, as far as it uses the nodes that are here. The files stay where they are."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, prepare

from tapbot.nodes import catalogue
from tapbot.workflow.files import FileRoot
from tapbot.workflow.items import outputs_to_json

pytestmark = pytest.mark.asyncio(loop_scope="package")
SHARED = Path(__file__).parents[4] / "shared" / "n8n"
KNOWN = {declared.type for declared in catalogue.all()}


def _load_checker() -> ModuleType | None:
    path = SHARED / "conformance.py"
    spec = importlib.util.spec_from_file_location("conformance", path)
    if not path.is_file() or spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKER = _load_checker()


def _entries() -> list[Any]:
    if CHECKER is None:
        return []
    entries = json.loads((SHARED / "catalogue.json").read_text("utf-8"))
    return [
        pytest.param(entry, id=name)
        for entry in entries
        if entry["hermetic"] and entry["node_types"].keys() <= KNOWN and (name := entry["path"].rpartition("/")[2])
    ]


@pytest.mark.skipif(CHECKER is None, reason="../shared/n8n is not here")
@pytest.mark.parametrize("entry", _entries())
async def test_a_workflow_gives_what_n8n_gives(entry: dict[str, Any], bench: Bench) -> None:
    assert CHECKER is not None
    path = SHARED / "workflows" / entry["path"]
    original = json.loads(path.read_text("utf-8"))
    workflow = prepare(CHECKER.prepare(entry, str(path), original), path.name)
    trigger = workflow.first_trigger
    assert trigger is not None
    outcome = await bench.run(workflow, trigger.node.name, [{"json": {}}], mode="manual", files=FileRoot(path.parent))
    plan = outcome.execution.plan if outcome.execution else None
    assert plan is not None
    result = {
        "status": "success" if outcome.status == "succeeded" else "error",
        "runs": {name: [outputs_to_json(run.outputs) for run in runs] for name, runs in plan.runs.items()},
        "order": plan.order,
        "error": outcome.error,
    }
    check = CHECKER.check_engine if entry["tier"] == "engine" else CHECKER.check_pindata
    assert check(entry, original, result) == []
