"""Finds node types by their name: `n8n-nodes-base.httpRequest` is the folder `http_request`. Nothing lists them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import ModuleType

from tapbot.errors import InvalidInput, NotFound
from tapbot.loader import load
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeType, Upgrade

ROOM = Path(__file__).parent
SERVICES = ROOM / "services"


def folder_of(type_name: str) -> str:
    """The folder of a node type: its last part in snake case; a Python keyword gets `_` at its end.

    Args:
        type_name: Name in the workflow file, for example `"n8n-nodes-base.if"`.
    """
    last = type_name.rpartition(".")[2]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", last).lower()
    return f"{snake}_" if keyword.iskeyword(snake) else snake


@cache
def find(type_name: str) -> NodeType:
    """The node type of that name, with its icon.

    Raises:
        NotFound: There is none; the hint names the nearest.
    """
    folder = folder_of(type_name)
    if re.fullmatch(r"[a-z][a-z0-9_]*", folder) and (ROOM / folder / "node.py").is_file():
        found = _declared(folder)
        if found.type == type_name:
            return found
    if re.fullmatch(r"[a-z][a-z0-9_]*", folder) and (SERVICES / f"{folder}.yaml").is_file():
        described = _described(folder)
        if described.type == type_name:
            return described
    names = [declared.type for declared in all()]
    near = get_close_matches(type_name, names, n=3, cutoff=0.4)
    raise NotFound(
        f"there is no node type {type_name!r}.",
        code="workflow.unknown_node",
        hint=f"Did you mean {' or '.join(near)}?" if near else f"{len(names)} node types are known; see /docs.",
    )


def all() -> list[NodeType]:  # noqa: A001  # read as catalogue.all()
    """Every node type, sorted by name."""
    declared = [*(_declared(folder) for folder in folders()), *(_described(name) for name in services())]
    return sorted(declared, key=lambda one: one.type)


def services() -> list[str]:
    """The services that are described as data, by the names of their files."""
    return sorted(path.stem for path in SERVICES.glob("*.yaml"))


def folders() -> list[str]:
    """The folders that hold a node."""
    return sorted(path.parent.name for path in ROOM.glob("*/node.py"))


@cache
def _declared(folder: str) -> NodeType:
    """The one declaration of a folder.

    Raises:
        ValueError: There is none, or more than one: our own mistake.
    """
    module = load(f"tapbot.nodes.{folder}.node")
    found = list(_declarations(module))
    if len(found) != 1:
        raise ValueError(f"{module.__name__} declares {len(found)} nodes, not one")
    icon = ROOM / folder / "icon.svg"
    shown = icon.read_text("utf-8") if icon.is_file() else ""
    return replace(found[0], icon=shown, upgrade=_guard(found[0].upgrade))


@cache
def _described(name: str) -> NodeType:
    """The node type of a described service."""
    made: NodeType = load("tapbot.nodes.services.runner").make_node_type(name)
    return replace(made, upgrade=_guard(made.upgrade))


def _guard(upgrade: Upgrade) -> Upgrade:
    """An upgrade reads whatever a file holds: a value of another shape is the file's mistake, not ours."""

    def guarded(parameters: JsonObject, version: float) -> JsonObject:
        try:
            return upgrade(parameters, version)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise InvalidInput(
                "the parameters have another shape than expected.",
                code="node.invalid_parameter",
                hint="Open the workflow in an editor and look at this node's parameters.",
            ) from None

    return guarded


def _declarations(module: ModuleType) -> Iterator[NodeType]:
    for value in vars(module).values():
        declared = getattr(value, "declared", None)
        if isinstance(declared, NodeType) and getattr(value, "__module__", "") == module.__name__:
            yield declared
