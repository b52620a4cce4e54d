"""`tapbot runs`: what it prints and what it changes while no server runs."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from tests.contract.workflow.graphs import code, graph, start

from tapbot.cli.main import run
from tapbot.project.tables import releases
from tapbot.storage.columns import owned
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.folder import DATABASE
from tapbot.storage.schema import bring_up_to_date
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import NewRun

SCOPE = Scope("shop", "dev")
NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
HEADERS = {"headers": {"authorization": "Bearer secret"}}


def prepare(db: Connection) -> None:
    bring_up_to_date(db)
    db.execute(insert(releases), owned(SCOPE) | {"release": "r2", "manifest": {}, "created_at": NOW})
    names = ("release", "kind", "workflow_id", "name", "trigger_node", "mode")
    for run_id in ("a", "b"):
        new = NewRun(
            run_id=run_id, scope=SCOPE, input=[{"json": HEADERS}], clock=NOW, seed=1, created_at=NOW,
            **dict(zip(names, ("r1", "workflow", "w", "w", "t", "manual"), strict=True)),
        )  # fmt: skip
        journal.accept_run(db, new)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    async def fill() -> None:
        database = SqliteDatabase(tmp_path / DATABASE)
        await database.write("test", prepare)
        await database.close()

    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o700)
    asyncio.run(fill())
    return tmp_path


def ask(data: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["runs", *arguments, "--data", str(data), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_a_run_is_cancelled_shown_and_repeated(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(data, capsys, "cancel", "a") == {"run_id": "a"}
    shown = ask(data, capsys, "show", "a")
    assert [change["reason"] for change in shown["changes"]] == ["run.cancelled"]
    assert "secret" not in json.dumps(shown)
    again = ask(data, capsys, "retry", "a", "--start", "beginning", "--release", "current")["run_id"]
    repeated = ask(data, capsys, "show", again)
    assert (repeated["retry_of"], repeated["release"], repeated["status"]) == ("a", "r2", "ready")
    assert {listed["run_id"] for listed in ask(data, capsys, "list", "--status", "ready")} == {"b", again}
    assert ask(data, capsys, "list", "--dead") == []


def test_people_read_what_happened(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", "cancel", "b", "--data", str(data)]) == 0
    assert "b was cancelled" in capsys.readouterr().out
    assert run(["runs", "show", "b", "--data", str(data)]) == 0
    assert "run.cancelled" in capsys.readouterr().out


def test_what_code_printed_is_shown_and_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = "console.log('n is', $json.n); console.error('a\\u001b[2Jb\\nc'); return [{json: {}}];"
    nodes = [start(), code("Look", source), code("Quiet", "return [];")]
    home = tmp_path / "p" / "workflows"
    home.mkdir(parents=True)
    (home / "w.json").write_text(json.dumps(graph(nodes, [("Start", "Look"), ("Look", "Quiet")])))
    (home.parent / "tapbot.toml").write_text("")
    kept = ["--data", str(tmp_path / "data")]
    assert run(["workflow", "run", str(home / "w.json"), *kept]) == 0
    capsys.readouterr()
    assert run(["runs", "list", *kept, "--json"]) == 0
    run_id = json.loads(capsys.readouterr().out)[0]["run_id"]
    assert run(["runs", "show", run_id, *kept]) == 0, capsys.readouterr().err
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(("Look", "Quiet"))] == [
        "Look: n is undefined",
        "Look: a\N{REPLACEMENT CHARACTER}[2Jb",
        "Look: c",
    ]


@pytest.mark.parametrize(
    "arguments",
    [("resume", "a"), ("decide", "a", "again"), ("retry", "a"), ("decide", "a", "happened", "--output", "{")],
)
def test_what_the_state_does_not_allow_is_said(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert run(["runs", *arguments, "--data", str(data)]) in {1, 2}
    assert capsys.readouterr().err
