"""What is broken in a project is named, with its place; everything else is served."""

from __future__ import annotations

import json
import subprocess

import httpx2
import pytest
from tests.chaos.process import TAPBOT, TapbotProcess


def not_served(server: TapbotProcess) -> list[str]:
    """What the start said."""
    log = (server.data.parent / "server.log").read_text()
    return [line.removeprefix("not served: ") for line in log.splitlines() if line.startswith("not served: ")]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("workflows/cut.json: ", "is not JSON: Unterminated string starting at: line 1 column"),
        ("workflows/deep.json: ", "is not JSON: it is nested too deep"),
        ("workflows/zz-echo-again.json: ", "has the same id 'echo' as workflows/echo.json"),
        ("workflows/empty.json: ", "is not JSON: Expecting value: line 1"),
        ("workflows/latin.json: ", "is not UTF-8 text (byte "),
        ("workflows/list.json: ", "an object with `nodes` and `connections` is expected"),
        ("workflows/junk.json, connections of Hook: ", "a list is expected"),
        ("workflows/missing-end.json, connections of Hook: ", "leads to 'Nowhere', which is no node"),
        ("workflows/missing-start.json: ", "starts at 'Nobody', which is no node"),
        ("workflows/newer.json, node 'Shape': ", "has version 99; this tapbot knows it up to"),
        ("workflows/unknown-type.json, node 'Shape': ", "no node type 'n8n-nodes-base.sett'. Did you mean n8n-nodes"),
        ("bots/latin.md: ", "is not UTF-8 text (byte "),
        ("collections/torn.yaml:3: ", "there is no field type 'rainbow'"),
        ("messages/torn.yaml:2: ", "not valid YAML"),
    ],
)
def test_each_broken_file_is_reported_with_its_place(server: TapbotProcess, place: str, said: str) -> None:
    assert [line for line in not_served(server) if line.startswith(place) and said in line], not_served(server)


@pytest.mark.parametrize("path", ["unknown-type", "missing-end", "missing-start", "newer", "junk", "echo-again"])
def test_a_broken_workflow_is_not_served(server: TapbotProcess, path: str) -> None:
    answer = httpx2.post(f"{server.url}/webhook/{path}", json={}, timeout=30)
    assert answer.status_code == 404
    assert answer.json()["code"] == "webhook.not_found"


def test_the_command_line_says_what_is_wrong_with_each_workflow(server: TapbotProcess) -> None:
    command = [TAPBOT, "workflow", "list", server.project, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    listed = {entry["id"]: entry["problem"] for entry in json.loads(done.stdout)}
    assert "n8n-nodes-base.sett" in str(listed["unknown-type"])
    assert "Nowhere" in str(listed["missing-end"])
    assert listed["keys"] is None


def last_error(server: TapbotProcess, workflow: str) -> dict[str, str]:
    """The error of the newest run of a workflow."""
    runs = server.ask("runs", "list", "--project", server.project)
    run = next(run for run in runs if run["workflow_id"] == workflow)
    assert run["status"] == "failed"
    error: dict[str, str] = run["error"]
    return error


def test_an_expression_with_a_syntax_error_fails_its_run_and_is_named(server: TapbotProcess) -> None:
    answer = httpx2.post(f"{server.url}/webhook/syntax", json={"a": 1}, timeout=30)
    assert answer.status_code == 500
    error = last_error(server, "syntax")
    assert error["message"].startswith("invalid syntax")
    assert error["place"] == "node 'Shape', parameter assignments.assignments.0.value, item 0"
    assert "between {{ and }}" in error["hint"]


@pytest.mark.parametrize(
    ("workflow", "node"), [("loop-expression", "Shape"), ("loop-code", "Think"), ("memory-code", "Think")]
)
def test_a_script_without_end_is_stopped_and_named(server: TapbotProcess, workflow: str, node: str) -> None:
    answer = httpx2.post(f"{server.url}/webhook/{workflow}", json={}, timeout=60)
    assert answer.status_code == 500
    assert answer.elapsed.total_seconds() < 30
    error = last_error(server, workflow)
    assert error["place"] == node
    assert "was stopped" in error["message"] or "memory" in error["message"]


def test_keys_that_mean_something_to_a_script_are_plain_data(server: TapbotProcess) -> None:
    body = '{"__proto__": {"x": 1}, "constructor": {"prototype": {"x": 2}}, "toString": 3}'
    headers = {"Content-Type": "application/json"}
    url = f"{server.url}/webhook/keys"
    answer = httpx2.post(url, content=body, headers=headers, timeout=60).json()
    assert answer["body"] == {"__proto__": {"x": 1}, "constructor": {"prototype": {"x": 2}}, "toString": 3}
    assert "own" not in answer, "no other object got a new property"


def test_a_workflow_file_that_is_not_there_is_an_invalid_file() -> None:
    done = subprocess.run(
        [TAPBOT, "workflow", "run", "nowhere.json", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["message"] == "nowhere.json: there is no such file."
