"""What the command line says, and its exit status."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tapbot.cli.main import COMMANDS, help_text, run
from tapbot.loader import load


def test_help_lists_every_command_without_loading_one(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--help"], ["-h"]):
        assert run(arguments) == 0
        assert capsys.readouterr().out == help_text()
    probe = "import sys; from tapbot.cli.main import run; run(['--help']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert not any(name in loaded for name in ("cyclopts", "sqlalchemy", "pydantic", "starlette"))


def test_help_answers_within_the_promised_time() -> None:
    program = Path(sys.executable).with_name("tapbot")
    fastest = min(_seconds([str(program), "--help"]) for _ in range(5))
    assert fastest < 0.3


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - began


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module, _, attribute = COMMANDS[name][0].partition(":")
    assert hasattr(load(module), attribute)
    assert run([name, "--help"]) == 0
    assert f"tapbot {name}" in capsys.readouterr().out


def test_a_slip_gets_the_nearest_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["chek"]) == 2
    assert "tapbot check" in capsys.readouterr().err


def test_wrong_input_is_2_and_a_missing_thing_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["expr"]) == 2
    assert run(["check", str(tmp_path / "nowhere")]) == 1
    told = capsys.readouterr().err
    assert "nowhere" in told
    assert "(project.no_such_folder)" in told


def test_a_data_folder_inside_the_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop/workflows").mkdir(parents=True)
    assert run(["up", str(tmp_path / "shop"), "--data", str(tmp_path / "shop/data")]) == 2
    assert "inside the project" in capsys.readouterr().err
    assert not (tmp_path / "shop/data").exists()


def test_a_bug_gets_an_id_and_its_traceback_only_on_request(tmp_path: Path) -> None:
    broken = "from tapbot.cli import main; main.COMMANDS = {'boom': ('tapbot.nowhere:boom', '')}; main.main(['boom'])"
    plain = subprocess.run([sys.executable, "-c", broken], capture_output=True, text=True, check=False)
    assert plain.returncode == 1
    assert "(id " in plain.stderr
    assert "Traceback" not in plain.stderr
    loud = subprocess.run(
        [sys.executable, "-c", broken],
        capture_output=True,
        text=True,
        check=False,
        env={"TAPBOT_LOG__LEVEL": "debug", "PATH": "/usr/bin:/bin"},
    )
    assert "Traceback" in loud.stderr


CRASH = "ExceptionGroup('tasks', [ExceptionGroup('more', [ZeroDivisionError('first')]), KeyError('second')])"
REFUSAL = "ExceptionGroup('tasks', [__import__('tapbot.errors').errors.Conflict('it is taken.', code='x.taken')])"


@pytest.mark.parametrize(
    ("raised", "said", "traced"), [(CRASH, "inside tapbot", True), (REFUSAL, "tapbot: it is taken.", False)]
)
def test_a_server_that_crashes_says_where_and_names_the_first_error(raised: str, said: str, traced: bool) -> None:
    program = f"from tapbot.cli import main\ndef fall(_):\n raise {raised}\nmain._dispatch = fall\nmain.main(['up'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[0]
    assert ("ZeroDivisionError." in done.stderr.splitlines()[0]) is traced
    assert ("Traceback" in done.stderr) is traced


def test_a_reader_that_goes_away_is_no_bug() -> None:
    program = Path(sys.executable).with_name("tapbot")
    done = subprocess.run(f"{program} up --help | head -1", shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert "Traceback" not in done.stderr
