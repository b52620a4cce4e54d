"""What `make new-node` and `make new-channel` make is right as it is."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.architecture.tree import ROOT


@pytest.fixture
def scaffold(tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("scaffold_part", ROOT / "scripts/scaffold_part.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT = tmp_path
    return module


def passes_the_gate(paths: list[Path]) -> None:
    python = [str(path) for path in paths if path.suffix == ".py"]
    config = ["--config", str(ROOT / "pyproject.toml")]
    ruff, mypy = (str(Path(sys.executable).with_name(name)) for name in ("ruff", "mypy"))
    for command in (
        [ruff, "check", *config, *python],
        [ruff, "format", "--check", *config, *python],
        [mypy, "--config-file", str(ROOT / "pyproject.toml"), *[path for path in python if "__init__" not in path]],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["tapbot.myNode", "tapbot.while"])
def test_a_new_node_passes_the_gate(scaffold: ModuleType, name: str) -> None:
    passes_the_gate(scaffold.make_node(name))


def test_a_new_channel_passes_the_gate(scaffold: ModuleType) -> None:
    passes_the_gate(scaffold.make_channel("my_channel"))


def test_nothing_is_overwritten_and_bad_names_are_refused(scaffold: ModuleType) -> None:
    scaffold.make_channel("viber")
    with pytest.raises(SystemExit, match="already"):
        scaffold.make_channel("viber")
    for make, name in ((scaffold.make_channel, "My Channel"), (scaffold.make_node, "noDot"), (scaffold.make_node, "")):
        with pytest.raises(SystemExit, match="Say: make"):
            make(name)
