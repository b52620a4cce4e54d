"""The support file of `tapbot doctor --bundle`: what helps to find a fault, and nothing that anybody wrote."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel, SecretStr

from tapbot import __version__
from tapbot.cli.finding import Finding
from tapbot.errors import TapbotError
from tapbot.project.load import load_project
from tapbot.settings import Settings
from tapbot.storage.folder import DATABASE

SAFE_TEXTS = frozenset({"environment", "level", "format", "mode", "locales", "time_zone"})
"""Settings whose texts say nothing about anybody. Every other text is shown by its length alone."""


def write_bundle(
    path: Path, findings: Sequence[Finding], settings: Settings, *, project: Path | None, data: Path
) -> None:
    """Write a zip for the people who help.

    It is built from what is known to be harmless, not by hunting for secrets: counts, sizes, versions, names of
    tables and node types, settings that are numbers or switches. No message, no name, no address, no environment value.
    """
    parts = {
        "doctor.json": [{"check": finding.check, "verdict": finding.verdict} for finding in findings],
        "machine.json": describe_machine(),
        "settings.json": describe_settings(settings),
        "project.json": describe_project(project),
        "database.json": describe_database(data),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, value in parts.items():
            bundle.writestr(name, msgspec.json.format(msgspec.json.encode(value), indent=2))


def describe_machine() -> dict[str, Any]:
    """Versions, and nothing of the environment."""
    packages = sorted(f"{found.name}=={found.version}" for found in importlib.metadata.distributions())
    return {
        "tapbot": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "sqlite": sqlite3.sqlite_version,
        "packages": packages,
    }


def describe_settings(settings: Settings) -> Any:
    """Settings with every text blanked that is not on the list of harmless ones."""
    return _blank(settings, "")


def _blank(value: Any, name: str) -> Any:
    if isinstance(value, BaseModel):
        return {key: _blank(getattr(value, key), key) for key in type(value).model_fields}
    if isinstance(value, dict):
        # Keys are names of bots and models that somebody chose.
        return [_blank(inner, name) for inner in value.values()]
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, SecretStr):
        return "(secret)"
    if name in SAFE_TEXTS:
        return value
    return f"({len(value)} entries)" if isinstance(value, tuple | list) else "(text)"


def describe_project(folder: Path | None) -> dict[str, Any]:
    """How large the project is, which node types it uses, which kinds of problems it has."""
    if folder is None:
        return {}
    try:
        project = load_project(folder)
    except TapbotError as error:
        return {"error": error.code}
    nodes = Counter(node.type for workflow in project.workflows.values() for node in workflow.nodes.values())
    broken = [file.problem.code for file in project.workflow_files if file.problem]
    return {
        "release": project.release,
        "files": Counter(path.split("/")[0] for path in project.snapshot.files),
        "node_types": dict(nodes.most_common()),
        "problems": Counter([*broken, *(problem.code for problem in project.problems)]),
    }


def describe_database(data: Path) -> dict[str, Any]:
    """Rows by table. Tables of collections carry names that the project chose: they are counted together."""
    path = data / DATABASE
    if not path.is_file():
        return {"size_bytes": 0}
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts: Counter[str] = Counter()
        for name in names:
            quoted = name.replace('"', '""')
            (rows,) = connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()  # noqa: S608  # our own names
            counts["(records of collections)" if "$" in name else name] += rows
    except sqlite3.Error as error:
        return {"size_bytes": path.stat().st_size, "error": type(error).__name__}
    finally:
        connection.close()
    return {"size_bytes": path.stat().st_size, "rows": counts}


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings for machines."""
    return [asdict(finding) for finding in findings]
