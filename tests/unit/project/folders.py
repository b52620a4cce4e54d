"""Small projects for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tapbot.project.load import read_project
from tapbot.project.snapshot import snapshot_of
from tapbot.project.types import Project
from tapbot.settings import Settings


def node(name: str, type_name: str, version: float = 1, **parameters: Any) -> dict[str, Any]:
    """A node of a workflow file."""
    return {
        "id": name,
        "name": name,
        "type": type_name,
        "typeVersion": version,
        "position": [0, 0],
        "parameters": parameters,
    }


def workflow(*nodes: dict[str, Any], **more: Any) -> bytes:
    """A workflow file."""
    return json.dumps({"id": "w", "name": "w", "nodes": list(nodes), "connections": {}, **more}).encode()


def project_of(files: dict[str, bytes | str]) -> Project:
    """A project of files in memory."""
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return read_project(snapshot_of(contents), Settings(), project_id="p")


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Put files into a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
