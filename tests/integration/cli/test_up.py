"""A project that `tapbot new` made: served, spoken with, asked over the socket, stopped, asked again, tested."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

TAPBOT = str(Path(sys.executable).with_name("tapbot"))
START_SECONDS = 60


def tapbot(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TAPBOT, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=START_SECONDS
    )


class Server:
    """`tapbot up` of a new project in a folder so deep that a plain socket address would not fit."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / ("deep-" * 20) / "data"
        assert tapbot("new", "my-shop", cwd=home).returncode == 0
        self.process = subprocess.Popen(
            [TAPBOT, "up", "my-shop", "--port", "0", "--data", str(self.data)],
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = ""
        assert self.process.stdout is not None
        while "Ctrl+C" not in said:
            line = self.process.stdout.readline()
            assert line, said
            said += line
        self.address = re.findall(r"http://127\.0\.0\.1:\d+", said)[0]
        self.said = said

    def ask(self, *arguments: str) -> Any:
        done = tapbot(*arguments, "--data", str(self.data), "--json", cwd=self.home)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=START_SECONDS)
        return self.process.returncode


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("up"))
    yield made
    if made.process.poll() is None:
        made.stop()


@pytest.mark.timeout(240)
def test_a_new_project_is_served_and_answers_commands_while_it_runs_and_after(server: Server) -> None:
    assert httpx.get(f"{server.address}/health").status_code == 200
    assert f"{server.address}/chat/assistant" in server.said
    assert "/login?token=" in server.said
    token = httpx.post(f"{server.address}/chat/assistant/token", json={}).json()["token"]
    for number, text in enumerate(["хочу оставить заявку", "нужен мастер", "87011234567", "да"]):
        replies = httpx.post(
            f"{server.address}/chat/assistant/messages?wait=20",
            json={"id": str(number), "text": text},
            headers={"X-Chat-Token": token},
            timeout=30,
        ).json()
        assert replies["messages"], text

    (request,) = server.ask("data", "items", "requests", "--project", "my-shop")
    assert request["phone"] == "+77011234567"
    runs = server.ask("runs", "list", "--project", "my-shop")
    assert {run["kind"] for run in runs} == {"turn", "tool"}
    turn = next(run for run in runs if run["kind"] == "turn")
    assert server.ask("runs", "show", turn["run_id"], "--project", "my-shop")["status"] == "succeeded"
    link = server.ask("user", "add", "olga@example.com", "--role", "operator", "--project", "my-shop")["link"]
    assert link.startswith(server.address)

    second = tapbot("up", "my-shop", "--port", "0", "--data", str(server.data), cwd=server.home)
    assert second.returncode == 1
    assert "in use by process" in second.stderr

    assert server.stop() in {0, -signal.SIGTERM}  # uvicorn ends by the signal that it was given
    assert server.ask("data", "items", "requests", "--project", "my-shop") == [request]
    assert [one["email"] for one in server.ask("user", "list")] == ["admin@localhost", "olga@example.com"]


@pytest.mark.timeout(240)
def test_a_new_project_passes_its_own_evals_and_check(tmp_path: Path) -> None:
    tapbot("new", "my-shop", cwd=tmp_path)
    tested = tapbot("test", "my-shop", "--json", cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout
    assert all(one["passed"] for one in json.loads(tested.stdout)["evals"])
    assert tapbot("check", "my-shop", cwd=tmp_path).returncode == 0


@pytest.mark.timeout(240)
def test_an_eval_that_does_not_hold_fails_the_command(tmp_path: Path) -> None:
    tapbot("new", "my-shop", cwd=tmp_path)
    wrong = "name: W\nnow: 2026-03-04T10:00:00+05:00\nturns: [{say: hello, expect: {contains: goodbye}}]\n"
    (tmp_path / "my-shop/evals/request.yaml").write_text(wrong, "utf-8")
    tested = tapbot("test", "my-shop", cwd=tmp_path)
    assert tested.returncode == 1
    assert "lacks 'goodbye'" in tested.stdout


WORKFLOW = {
    "id": "w",
    "name": "w",
    "nodes": [
        {
            "name": "Start",
            "type": "n8n-nodes-base.manualTrigger",
            "typeVersion": 1,
            "position": [0, 0],
            "parameters": {},
        },
        {
            "name": "Sum",
            "type": "n8n-nodes-base.set",
            "typeVersion": 3.4,
            "position": [200, 0],
            "parameters": {
                "assignments": {"assignments": [{"id": "a", "name": "n", "type": "number", "value": "={{ 40 + 2 }}"}]}
            },
        },
    ],
    "connections": {"Start": {"main": [[{"node": "Sum", "type": "main", "index": 0}]]}},
    "settings": {"executionOrder": "v1"},
}


@pytest.mark.timeout(240)
def test_one_workflow_runs_from_the_command_line_and_prints_one_json_object(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(json.dumps(WORKFLOW), "utf-8")
    done = tapbot("workflow", "run", "w.json", "--json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result["status"] == "success"
    assert result["nodes"]["Sum"][0][0]["json"] == {"n": 42}
    assert result["order"] == ["Start", "Sum"]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("text", ["not json", "[]", '{"nodes": [{"name": "A", "type": "no.such"}], "connections": {}}'])
def test_a_file_that_is_no_workflow_is_2(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.json").write_text(text, "utf-8")
    done = tapbot("workflow", "run", "w.json", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert "w.json" in json.loads(done.stdout)["error"]["message"]
