"""Every node declares its step kind, and one that declares none cannot reach the world."""

from __future__ import annotations

import ast

import pytest
from tests.architecture.tree import PACKAGE, parsed, python_files

from tapbot.nodes import catalogue
from tapbot.workflow.types import StepKind

NODES = catalogue.all()
PURE = [declared for declared in NODES if not declared.has_effect]
REACHING = (
    "asyncio", "asyncpg", "ctypes", "http", "httpx", "httpx2", "multiprocessing", "os", "shutil", "socket", "sqlite3",
    "ssl", "subprocess", "tapbot.app", "tapbot.storage.database", "tapbot.storage.folder", "tapbot.upstream.client",
    "tapbot.workflow.engine", "tapbot.workflow.journal", "tapbot.workflow.run", "threading", "urllib.request",
)  # fmt: skip
"""Modules through which a node would reach the world without its step."""
WITH_AN_EFFECT = ("tapbot.data.store", "tapbot.inbox", "tapbot.upstream", "sqlalchemy")
"""Modules that only a node with a step kind has a use for."""


def imported_by(folder: str) -> set[str]:
    found = set()
    for path in python_files(f"src/tapbot/nodes/{folder}/"):
        for element in ast.walk(parsed(path)):
            if isinstance(element, ast.Import):
                found |= {name.name for name in element.names}
            elif isinstance(element, ast.ImportFrom) and element.module:
                found |= {element.module} | {f"{element.module}.{name.name}" for name in element.names}
    return found


def within(names: set[str], modules: tuple[str, ...]) -> set[str]:
    return {name for name in names for module in modules if name == module or name.startswith(f"{module}.")}


@pytest.mark.parametrize("declared", NODES, ids=lambda declared: declared.type)
def test_a_node_declares_its_kind_or_is_pure(declared: object) -> None:
    kind = declared.kind  # type: ignore[attr-defined]
    assert callable(kind) or isinstance(kind, StepKind)


@pytest.mark.parametrize("folder", catalogue.folders())
def test_no_node_reaches_the_world_beside_its_step(folder: str) -> None:
    assert within(imported_by(folder), REACHING) == set()


@pytest.mark.parametrize("declared", PURE, ids=lambda declared: declared.type)
def test_a_pure_node_has_nothing_to_reach_the_world_with(declared: object) -> None:
    folder = catalogue.folder_of(declared.type)  # type: ignore[attr-defined]
    assert within(imported_by(folder), WITH_AN_EFFECT) == set()


def test_what_nodes_share_reaches_nothing() -> None:
    # What runs described services reaches the world through its step, as a node does.
    shared = {path.stem for path in (PACKAGE / "nodes").glob("*.py")} - {"__init__", "catalogue", "scaffold"}
    assert shared
    for path in python_files("src/tapbot/nodes/"):
        if path.parent == PACKAGE / "nodes" and path.stem in shared:
            names = {element.module or "" for element in ast.walk(parsed(path)) if isinstance(element, ast.ImportFrom)}
            assert within(names, (*REACHING, *WITH_AN_EFFECT)) == set(), path.stem
