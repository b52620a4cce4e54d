"""Folders of exports: what is told of them, and that taking them in and out changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.workflow.graphs import fields, graph, start

from tapbot.cli.main import run
from tapbot.errors import InvalidInput
from tapbot.nodes import catalogue
from tapbot.project.exports import judge_type, weigh

UNKNOWN = {"name": "Far", "type": "n8n-nodes-base.farAway", "credentials": {"farApi": {"id": "7", "name": "Far"}}}


def write(folder: Path, name: str, value: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = run(["workflow", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_folder_of_exports_is_told_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = graph([start(), fields("Set", a="={{ 1 }}")], [("Start", "Set")], timezone="Asia/Almaty")
    newer = {**fields("Set"), "typeVersion": 9}
    write(tmp_path, "good.json", good)
    write(tmp_path / "deep", "several.json", [graph([start(), UNKNOWN], []), graph([start(), newer], [], "v0")])
    write(tmp_path, "broken.json", "{")
    write(tmp_path, "package.json", {"name": "no workflow"})
    status, report = told(capsys, "check", str(tmp_path))
    files = {one["path"]: one for one in report["files"]}
    assert status == 1
    assert {path: one["runs"] for path, one in files.items()} == {
        "broken.json": False,
        "deep/several.json[0]": False,
        "deep/several.json[1]": False,
        "good.json": True,
    }
    assert (report["runnable"], report["share_runnable"]) == (1, 25.0)
    assert (report["nodes"], report["nodes_supported"]) == (6, 4)
    assert files["good.json"]["features"] == ["order v1", "own time zone"]
    codes = {finding["code"]: finding["blocking"] for finding in files["deep/several.json[0]"]["findings"]}
    assert codes == {"workflow.unknown_node": True, "workflow.credentials": False}
    assert {"reason": "the node type n8n-nodes-base.farAway is not here yet.", "workflows": 1, "alone": 1} in report[
        "to_change"
    ]


def test_parameters_and_syntax_are_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wait = {"name": "Wait", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": {"amount": "soon"}}
    write(tmp_path, "w.json", graph([start(), wait, fields("Set", a="={{ 1 + }}")], []))
    _, report = told(capsys, "check", str(tmp_path))
    found = {(finding["node"], finding["code"]): finding["blocking"] for finding in report["files"][0]["findings"]}
    assert found == {("Wait", "node.invalid_parameter"): True, ("Set", "expression.syntax"): False}


def test_a_disabled_node_of_an_unknown_type_keeps_nothing_from_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    off = {**UNKNOWN, "disabled": True}
    nodes = [start(), off, fields("Set", a="1")]
    write(tmp_path, "w.json", graph(nodes, [("Start", "Far"), ("Far", "Set")]))
    assert told(capsys, "check", str(tmp_path))[0] == 0
    status, outcome = told(capsys, "run", str(tmp_path / "w.json"))
    assert (status, outcome["nodes"]["Set"]) == (0, [[{"json": {"a": "1"}, "pairedItem": {"item": 0}}]])


def test_a_usage_table_weighs_types_and_versions() -> None:
    table = "node_type\tinstances\ttypeVersions\nn8n-nodes-base.set\t10\t3.4:8,99:2\nfar.away\t10\t1:10\n"
    found = weigh(table, catalogue)
    assert (found["nodes"], found["nodes_supported"], found["share_nodes_supported"]) == (20, 8, 40.0)
    assert found["missing"] == [{"type": "far.away", "nodes": 10}, {"type": "n8n-nodes-base.set", "nodes": 2}]
    with pytest.raises(InvalidInput):
        weigh("type\n", catalogue)


def test_a_version_that_is_too_new_is_not_supported() -> None:
    assert judge_type("n8n-nodes-base.set", 3.4, catalogue)[0]
    assert not judge_type("n8n-nodes-base.set", 4, catalogue)[0]


def test_import_then_export_is_equal_key_for_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    node = {**fields("Set", a="ә 1.0 😀"), "notes": "n", "unknownKey": {"z": 1, "a": [1.0, 1, 1e21]}}
    raw = graph([start(), node], [])
    raw |= {"zeta": None, "meta": {"instanceId": "x"}, "tags": [{"name": "t"}], "name": "Бронь № 1", "pinData": {}}
    write(tmp_path / "exports", "w.json", raw)
    project = tmp_path / "project"
    write(project, "tapbot.toml", "")
    assert told(capsys, "import", str(tmp_path / "exports"), "--project", str(project))[0] == 0
    assert run(["workflow", "export", "Бронь № 1", "--project", str(project)]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert json.dumps(exported) == json.dumps(raw)
    assert run(["workflow", "export", "--project", str(project), "--output", str(tmp_path / "out")]) == 0
    (written,) = (tmp_path / "out").iterdir()
    assert json.dumps(json.loads(written.read_text("utf-8"))) == json.dumps(raw)


def test_an_import_replaces_nothing_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = tmp_path / "project"
    write(project, "tapbot.toml", "")
    write(tmp_path, "w.json", graph([start()], []))
    assert run(["workflow", "import", str(tmp_path / "w.json"), "--project", str(project)]) == 0
    write(tmp_path, "w.json", graph([start(), fields("Set")], []))
    assert run(["workflow", "import", str(tmp_path / "w.json"), "--project", str(project)]) == 1
    assert "workflow.exists" in capsys.readouterr().err
    assert run(["workflow", "import", str(tmp_path / "w.json"), "--project", str(project), "--force"]) == 0
    assert run(["workflow", "diff", str(project / "workflows" / "w.json"), str(tmp_path / "w.json")]) == 0
