"""The catalogue, the scaffold, step kinds, outputs and the small parts of nodes."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.nodes import catalogue
from tapbot.nodes.scaffold import new_node
from tapbot.workflow.node import NodeType
from tapbot.workflow.types import Item, StepKind


@pytest.mark.parametrize(
    ("type_name", "folder"),
    [
        ("n8n-nodes-base.httpRequest", "http_request"),
        ("n8n-nodes-base.if", "if_"),
        ("tapbot.sendMessage", "send_message"),
        ("n8n-nodes-base.htmlExtract", "html_extract"),
        ("n8n-nodes-base.readPDF", "read_pdf"),
        ("n8n-nodes-base.s3", "s3"),
        ("set", "set"),
    ],
)
def test_a_folder_is_found_by_the_name(type_name: str, folder: str) -> None:
    assert catalogue.folder_of(type_name) == folder


def test_every_folder_holds_the_node_of_its_name() -> None:
    found = catalogue.all()
    assert len(found) == len(catalogue.folders()) + len(catalogue.services()) >= 18
    for declared in found:
        assert catalogue.find(declared.type) is catalogue.find(declared.type)
        assert catalogue.find(declared.type).type == declared.type


@pytest.mark.parametrize(
    "name", ["n8n-nodes-base.htpRequest", "other.set", "", "..", "a.b/c", "tapbot.cases", "n8n-nodes-base.conditions"]
)
def test_an_unknown_type_is_told_with_the_nearest(name: str) -> None:
    with pytest.raises(NotFound) as unknown:
        catalogue.find(name)
    assert unknown.value.code == "workflow.unknown_node"
    if name == "n8n-nodes-base.htpRequest":
        assert "n8n-nodes-base.httpRequest" in str(unknown.value.hint)


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"method": "GET"}, StepKind.SAFE),
        ({"method": "HEAD"}, StepKind.SAFE),
        ({"method": "OPTIONS"}, StepKind.SAFE),
        ({"method": "PUT"}, StepKind.SAFE),
        ({"method": "DELETE"}, StepKind.SAFE),
        ({"method": "POST"}, StepKind.NEVER),
        ({"method": "PATCH"}, StepKind.NEVER),
        ({"method": "POST", "options": {"idempotencyHeader": "Idempotency-Key"}}, StepKind.KEYED),
        ({"method": "PATCH", "options": {"safeToRepeat": True}}, StepKind.SAFE),
    ],
)
def test_a_call_is_repeated_only_where_that_is_harmless(parameters: dict[str, Any], kind: StepKind) -> None:
    declared = catalogue.find("n8n-nodes-base.httpRequest")
    assert declared.kind_for(declared.params.model_validate(parameters)) is kind


def test_effects_in_our_own_database_are_stored() -> None:
    assert {found.type for found in catalogue.all() if found.kind is StepKind.STORED} == {
        "n8n-nodes-base.dataTable",
        "n8n-nodes-base.form",
        "n8n-nodes-base.wait",
        "tapbot.askPerson",
        "tapbot.conversation",
        "tapbot.emitEvent",
        "tapbot.handoff",
        "tapbot.record",
        "tapbot.sendMessage",
    }


@pytest.mark.parametrize(
    ("type_name", "parameters", "names"),
    [
        ("n8n-nodes-base.switch", {"mode": "expression", "numberOutputs": 2}, ("0", "1")),
        ("n8n-nodes-base.switch", {}, ()),
        (
            "n8n-nodes-base.switch",
            {
                "rules": {"values": [{"renameOutput": True, "outputKey": "kk"}, {}]},
                "options": {"fallbackOutput": "extra"},
            },
            ("kk", "1", "Fallback"),
        ),
        ("n8n-nodes-base.switch", {"rules": {"values": [{}]}, "options": {"fallbackOutput": 2}}, ("0", "1", "2")),
        ("n8n-nodes-base.webhook", {"multipleMethods": True, "httpMethod": ["GET", "POST"]}, ("GET", "POST")),
        ("n8n-nodes-base.webhook", {}, ("main",)),
        ("n8n-nodes-base.respondToWebhook", {"enableResponseOutput": True}, ("Input Data", "Response")),
        ("n8n-nodes-base.if", {}, ("true", "false")),
    ],
)
def test_outputs_follow_the_parameters(type_name: str, parameters: dict[str, Any], names: tuple[str, ...]) -> None:
    assert catalogue.find(type_name).output_names(parameters) == names


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({}, None),
        ({"mode": "combine"}, None),
        ({"mode": "chooseBranch"}, 2),
        ({"mode": "chooseBranch", "numberInputs": 3}, 3),
    ],
)
def test_only_a_choice_of_branches_waits_for_all_inputs(parameters: dict[str, Any], count: int | None) -> None:
    assert catalogue.find("n8n-nodes-base.merge").required_inputs(parameters) == count


def test_parameters_of_another_shape_are_refused_not_crashed_on() -> None:
    declared = catalogue.find("n8n-nodes-base.merge")
    with pytest.raises(InvalidInput, match="another shape"):
        declared.upgrade({"mode": "combine", "combinationMode": "none"}, 2)


def load_scaffolded(place: Path) -> NodeType:
    spec = importlib.util.spec_from_file_location("scaffolded", place / "node.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["scaffolded"] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["scaffolded"]
    declared = [value.declared for value in vars(module).values() if hasattr(value, "declared")]
    assert len(declared) == 1
    found: NodeType = declared[0]
    return found


def test_a_scaffolded_node_runs(tmp_path: Path) -> None:
    place = new_node("tapbot.sendLetter", tmp_path)
    assert place.name == "send_letter"
    declared = load_scaffolded(place)
    assert (declared.type, declared.label) == ("tapbot.sendLetter", "Send letter")
    params = declared.params.model_validate({"greeting": "Hi"})
    assert declared.run(params, Item(json={"name": "Aigul"}), None).json == {"name": "Aigul", "greeting": "Hi"}
    case = json.loads((place / "cases" / "a_greeting.json").read_text())
    assert case["parameters"] == {"greeting": "=Hi {{ $json.name }}"}
    assert (place / "icon.svg").read_text().startswith("<svg")
    assert (place / "__init__.py").read_text().startswith('"""')


def test_a_scaffold_overwrites_nothing_and_takes_no_wild_names(tmp_path: Path) -> None:
    assert new_node("weather", tmp_path).name == "weather"
    with pytest.raises(Conflict):
        new_node("tapbot.weather", tmp_path)
    for name in ("../x", "a b", "", "Weather!", "a.b.c"):
        with pytest.raises(InvalidInput):
            new_node(name, tmp_path)
