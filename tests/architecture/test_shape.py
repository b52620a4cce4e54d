"""Names, sizes and a few habits. The lists of exceptions may only shrink."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from tests.architecture.tree import PACKAGE, ROOT, our_files, parsed, python_files, shown

VAGUE = re.compile(r"(^|/)(utils?|helpers?|common|misc|manager|service|base)(\.\w+|/)")
LONGEST_LINES = 400
LONG_FILES: frozenset[str] = frozenset()
"""Files that are longer all the same."""
LONGEST_FUNCTION = 40
LONG_FUNCTIONS = frozenset(
    {
        "tests/integration/api/conftest.py:house",
        "tests/integration/api/test_resources.py:fill",
        "tests/integration/api/test_resources.py:run_ids",
    }
)
"""Functions that are longer all the same; nothing is added here."""
GENERATED = re.compile(r"(^|/)(generated|migrations|vendor)/|\.gen\.")

BROAD_EXCEPT = {
    "src/tapbot/api/direct.py": 2,  # the boundary of a request: until it is handed in, and when it was kept
    "src/tapbot/api/middleware.py": 1,  # the boundary of a request
    "src/tapbot/app/working.py": 1,  # the boundary of endless work
    "src/tapbot/cli/main.py": 1,  # the boundary of a command
    "src/tapbot/sandbox/children/bootstrap.py": 1,  # the boundary of a child process: the parent gets the text
    "src/tapbot/sandbox/children/serve.py": 1,  # the boundary of a job in a child
    "src/tapbot/storage/database.py": 3,  # the boundary of the writer: each caller gets its failure
    "src/tapbot/storage/postgres_lanes.py": 4,  # the same: each caller gets its failure
    "src/tapbot/worker/lane.py": 1,  # the boundary of a piece of work
    "src/tapbot/worker/runs.py": 1,  # the boundary of a run
    "src/tapbot/worker/turns.py": 1,  # the boundary of a turn
    "src/tapbot/workflow/engine.py": 1,  # the boundary of a run that is done in memory
    "src/tapbot/workflow/fast.py": 1,  # the same, where nobody waits
}
"""Files with `except Exception`, and how many: only the boundaries of a step, a request, a command and a write."""

LATE_IMPORTS: frozenset[str] = frozenset()
"""Files with imports inside functions. The loader uses importlib, so there are none."""

READS_ENVIRONMENT = frozenset(
    {"src/tapbot/app/building.py"}  # the variables that the settings let `$env` show
)
"""Files that read the environment; `settings.py` does it through pydantic-settings."""

SET_CONSTANTS = frozenset(
    {
        "tests/integration/api/test_events.py",  # the pause between pings
        "tests/unit/workflow/test_plan.py",  # a limit
    }
)
"""Tests that set a constant of a module: smaller numbers, no other behaviour."""


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = [path for path in our_files() if path.startswith(("src/", "console/src/", "tests/")) and VAGUE.search(path)]
    assert vague == []


def test_no_source_file_is_longer_than_400_lines() -> None:
    long = {
        path: lines
        for path in our_files()
        if path.endswith((".py", ".js", ".mjs", ".ts", ".tsx"))
        and not GENERATED.search(path)
        and path not in LONG_FILES
        and (lines := (ROOT / path).read_text("utf-8").count("\n")) > LONGEST_LINES
    }
    assert long == {}


def test_no_function_is_longer_than_40_lines_beside_its_docstring() -> None:
    long = {
        f"{shown(path)}:{node.name}"
        for path in python_files("src/", "scripts/", "benchmarks/", "tests/")
        if not GENERATED.search(shown(path))
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines_of(node) > LONGEST_FUNCTION
    }
    assert long == LONG_FUNCTIONS


def _lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    first, told = function.body[0], ast.get_docstring(function) is not None
    last_line, docstring_lines = function.end_lineno or 0, (first.end_lineno or 0) - first.lineno + 1
    return last_line - function.lineno + 1 - (docstring_lines if told else 0)


@pytest.mark.parametrize("path", python_files("src/"), ids=shown)
def test_a_module_says_in_its_first_line_what_is_inside(path: Path) -> None:
    docstring = ast.get_docstring(parsed(path))
    assert docstring, f"{shown(path)} has no docstring"
    assert docstring.splitlines()[0].endswith((".", "!", "?", ":", ";", ",")) or len(docstring.splitlines()) == 1


def test_blind_excepts_stand_at_the_boundaries_alone() -> None:
    found = {}
    for path in python_files("src/"):
        count = sum(1 for node in ast.walk(parsed(path)) if isinstance(node, ast.ExceptHandler) and _swallows_all(node))
        if count:
            found[shown(path)] = count
    assert found == BROAD_EXCEPT


def _swallows_all(handler: ast.ExceptHandler) -> bool:
    """Catches everything and does not raise it again at its end, as a clean-up does."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        name is None or (isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"}) for name in names
    )


def test_nothing_is_imported_inside_a_function() -> None:
    late = set()
    for path in python_files("src/"):
        for function in ast.walk(parsed(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function)
            ):
                late.add(shown(path))
    assert late == LATE_IMPORTS


def test_only_the_loader_imports_by_name() -> None:
    dynamic = {
        shown(path)
        for path in python_files("src/")
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr == "import_module")
        or (isinstance(node, ast.Name) and node.id == "__import__")
    }
    # A sandbox child imports its own half by the name that its parent gives; it knows nothing of the loader.
    assert dynamic <= {"src/tapbot/loader.py", "src/tapbot/sandbox/children/bootstrap.py"}


def test_the_environment_is_read_by_settings_alone() -> None:
    readers = set()
    for path in python_files("src/"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}:
                readers.add(shown(path))
    assert readers == READS_ENVIRONMENT


def test_tests_patch_nothing() -> None:
    patching = re.compile(r"mock\.patch|from unittest import mock|import unittest\.mock|monkeypatch\.setattr")
    this_file = Path(__file__)
    found = {
        shown(path) for path in python_files("tests/") if path != this_file and patching.search(path.read_text("utf-8"))
    }
    assert found == SET_CONSTANTS


def test_a_node_never_imports_another_node() -> None:
    rooms = {path.parent.name for path in (PACKAGE / "nodes").glob("*/node.py")}
    crossing = []
    for path in python_files("src/tapbot/nodes/"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tapbot.nodes."):
                other = node.module.split(".")[2]
                if other in rooms and other != path.parent.name:
                    crossing.append(f"{shown(path)} imports {other}")
    assert crossing == []


def test_a_channel_never_imports_another_channel() -> None:
    rooms = {path.parent.name for path in (PACKAGE / "channels").glob("*/channel.py")}
    crossing = []
    for path in python_files("src/tapbot/channels/"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tapbot.channels."):
                other = node.module.split(".")[2]
                if other in rooms and other not in path.parts:
                    crossing.append(f"{shown(path)} imports {other}")
    assert crossing == []


def test_only_the_command_line_imports_the_emulators() -> None:
    users = {
        shown(path)
        for path in python_files("src/")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("tapbot.emulators")
        and not shown(path).startswith("src/tapbot/emulators/")
    }
    assert users <= {"src/tapbot/cli/emulator.py"}
