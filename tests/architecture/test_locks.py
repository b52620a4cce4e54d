"""Locks carry hashes and name no registry; nothing in the tree says on whose machine it was written."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from tests.architecture.tree import ROOT, our_files

LOCKS = ("locks/runtime.txt", "locks/build.txt", "locks/dev.txt")
PERSONAL = re.compile(r"/(?:home|Users)/[a-z][\w.-]+/|/root/|[A-Z]:\\\\Users\\\\")
TEXT = (".py", ".md", ".toml", ".txt", ".json", ".yaml", ".yml", ".ts", ".tsx", ".js", ".sh", ".html", ".css", ".csv")
MAY_SHOW_PATHS = frozenset({"tests/architecture/test_locks.py"})


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_has_a_hash_for_each_package_and_no_address(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    packages = re.findall(r"^[A-Za-z0-9._-]+==", text, re.MULTILINE)
    hashed = re.findall(r"^[A-Za-z0-9._-]+==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(packages) == len(hashed) > 0


def test_the_console_lock_names_no_address() -> None:
    path = ROOT / "console/package-lock.json"
    assert "resolved" not in path.read_text("utf-8")
    packages = json.loads(path.read_text("utf-8"))["packages"]
    addresses = re.findall(
        r'"(?:https?|git)[^"]*:[^"]*"', json.dumps({k: {**v, "funding": None} for k, v in packages.items()})
    )
    assert addresses == []
    assert all("integrity" in entry or entry.get("link") for name, entry in packages.items() if name)


def test_both_locks_hold_every_direct_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    direct = {_name(entry) for entry in project["project"]["dependencies"]}
    development = {_name(entry) for entry in project["dependency-groups"]["dev"]}
    assert direct - _locked("locks/runtime.txt") == set()
    assert (direct | development) - _locked("locks/dev.txt") == set()


def test_the_development_lock_only_adds() -> None:
    runtime, build, development = (
        set(re.findall(r"^[A-Za-z0-9._-]+==\S+", (ROOT / path).read_text("utf-8"), re.MULTILINE)) for path in LOCKS
    )
    assert runtime | build <= development


def test_the_client_under_lgpl_is_a_tool_of_tests_alone() -> None:
    assert "python-telegram-bot" in _locked("locks/dev.txt")
    assert "python-telegram-bot" not in _locked("locks/runtime.txt") | _locked("locks/build.txt")
    imports = re.compile(r"^\s*(?:from|import) telegram\b", re.MULTILINE)
    assert [path for path in our_files() if path.startswith("src/") and _imports(path, imports)] == []


def _imports(path: str, pattern: re.Pattern[str]) -> bool:
    return path.endswith(".py") and bool(pattern.search((ROOT / path).read_text("utf-8")))


def test_no_file_holds_a_path_of_somebody_s_machine() -> None:
    found = [
        f"{path}: {match.group()}"
        for path in our_files()
        if path.endswith(TEXT) and path not in MAY_SHOW_PATHS and not path.endswith("package-lock.json")
        for match in PERSONAL.finditer((ROOT / path).read_text("utf-8", errors="replace"))
    ]
    assert found == []


def _name(requirement: str) -> str:
    return re.split(r"[<>=\[;~! ]", requirement)[0].lower().replace("_", "-")


def _locked(path: str) -> set[str]:
    return {
        name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / path).read_text(), re.M)
    }


CALLED_OTHERWISE = {"jwt": "pyjwt"}
"""Packages whose module has another name."""


def test_every_library_that_is_loaded_by_name_is_a_dependency() -> None:
    declared = (ROOT / "pyproject.toml").read_text("utf-8")
    for path in sorted((ROOT / "src").rglob("*.py")):
        for name in re.findall(r"""\bload\("([a-z_0-9]+)""", path.read_text("utf-8")):
            package = CALLED_OTHERWISE.get(name, name.replace("_", "-"))
            assert name == "tapbot" or f'"{package}' in declared, f"{path.name} loads {name}, which nothing installs"
