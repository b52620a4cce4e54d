"""Tests beside a workflow: stand-ins, expectations, coverage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.workflow.graphs import code, fields, graph, plain, start

from tapbot.cli.main import run

CALL = {
    "name": "Call",
    "type": "n8n-nodes-base.httpRequest",
    "typeVersion": 4.2,
    "parameters": {"url": "https://api.example.com", "method": "POST"},
}
BOOKING = graph(
    [start(), CALL, fields("Answer", price="={{ $json.price }}", day="={{ $now.toISODate() }}"), plain("Never")],
    [("Start", "Call"), ("Call", "Answer")],
)


def project(folder: Path, tests: str) -> Path:
    (folder / "workflows").mkdir(parents=True)
    (folder / "tapbot.toml").write_text("")
    (folder / "workflows" / "w.json").write_text(json.dumps(BOOKING))
    (folder / "workflows" / "w.test.yaml").write_text(tests)
    return folder


def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status = run(["workflow", "test", str(folder), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_test_runs_with_stand_ins_and_a_fixed_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """
name: the price is given
now: 2026-03-05T09:30:00+05:00
stubs: {Call: {items: [{price: 7}, {price: 8}]}}
expect:
  order: [Start, Call, Answer]
  nodes: {Answer: {runs: 1}}
  not_run: [Never]
  items: [{price: "7", day: "2026-03-05"}, {price: "8", day: "2026-03-05"}]
"""
    status, report = told(project(tmp_path / "p", text), capsys)
    assert (status, report["tests"][0]["failures"]) == (0, [])
    assert report["coverage"] == {"workflows/w.json": {"ran": ["Start", "Call", "Answer"], "not_run": ["Never"]}}


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("{name: t}", "The node 'Call' would reach out of the test."),
        ("{name: t, stubs: {Call: {error: busy}}}", "the run failed, not succeeded: busy"),
        ("{name: t, stubs: {Call: {items: [{price: 7}]}}, expect: {items: [{price: 7}]}}", "the run gave"),
        ("{name: t, stubs: {Call: {items: [{}]}}, expect: {not_run: [Answer]}}", "'Answer' ran."),
        ("{name: t, stubs: {Call: {items: [{}]}}, expect: {nodes: {Answer: {runs: 2}}}}", "ran 1 times, not 2."),
        ("{name: t, stubs: {Call: {items: [{}]}}, expect: {nodes: {Never: {items: []}}}}", "'Never' did not run."),
        ("{name: t, stubs: {Nobody: {items: [{}]}}}", "the workflow has no node 'Nobody'."),
    ],
)
def test_what_does_not_hold_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, failure: str
) -> None:
    status, report = told(project(tmp_path / "p", text), capsys)
    assert status == 1
    assert any(failure in line for line in report["tests"][0]["failures"]), report["tests"]


def test_a_failure_that_is_expected_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "{name: t, stubs: {Call: {error: busy}}, expect: {status: failed, error: bus}}"
    assert told(project(tmp_path / "p", text), capsys)[0] == 0


def test_a_broken_test_file_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = told(project(tmp_path / "p", "name: t\nexpects: {}\n"), capsys)
    assert status == 1
    assert report["problems"] == ["workflows/w.test.yaml:2: expects: Extra inputs are not permitted."]


def test_a_failed_test_says_what_the_code_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(tmp_path / "p", "{name: t, now: 2026-03-05T09:30:00+05:00, expect: {items: []}}")
    raw = graph([start(), code("Look", "console.log($now.toISODate()); return [{json: {}}];")], [("Start", "Look")])
    (folder / "workflows" / "w.json").write_text(json.dumps(raw))
    status, report = told(folder, capsys)
    assert (status, report["tests"][0]["printed"]) == (1, ["Look: 2026-03-05"])
    assert run(["workflow", "test", str(folder)]) == 1
    assert "        | Look: 2026-03-05\n" in capsys.readouterr().out


def test_tests_give_the_same_every_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(tmp_path / "p", "{name: t, expect: {items: []}}")
    source = "return [{json: {at: $now.toISO(), also: new Date().toISOString(), dice: Math.random()}}];"
    raw = graph([start(), code("Look", source)], [("Start", "Look")])
    (folder / "workflows" / "w.json").write_text(json.dumps(raw))
    first, second = told(folder, capsys), told(folder, capsys)
    assert first == second
    assert "2026-01-05T09:00:00" in first[1]["tests"][0]["failures"][0]


def test_a_polling_trigger_passes_on_what_the_test_says_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "{name: t, items: [{title: News}], expect: {items: [{said: News}]}}"
    folder = project(tmp_path / "p", text)
    feed = {"name": "Feed", "type": "n8n-nodes-base.rssFeedReadTrigger", "parameters": {"feedUrl": "https://e.com/f"}}
    raw = graph([feed, fields("Say", said="={{ $json.title }}")], [("Feed", "Say")])
    (folder / "workflows" / "w.json").write_text(json.dumps(raw))
    status, report = told(folder, capsys)
    assert (status, report["tests"][0]["failures"]) == (0, [])
    (folder / "workflows" / "w.test.yaml").write_text("{name: t}")
    status, report = told(folder, capsys)
    assert "would reach out" in report["tests"][0]["failures"][0], "without items it would look at the feed"
