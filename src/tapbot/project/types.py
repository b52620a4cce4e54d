"""What a project is once it was read: frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tapbot.bots.types import Bot
from tapbot.data.types import Collection
from tapbot.knowledge.types import Document
from tapbot.settings import Settings
from tapbot.storage.types import JsonObject
from tapbot.workflow.types import Workflow


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a project that has to be mended.

    Args:
        place: File, and where in it.
        message: What is wrong.
        hint: What to do about it.
        code: Stable name, as that of an error.
    """

    place: str
    message: str
    hint: str | None = None
    code: str = "project.problem"

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{self.place}: {self.message}" + (f" {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a project as of one moment.

    Args:
        files: Contents by path relative to the project, with `/`.
        manifest: SHA-256 of each content, by path, sorted.
        release: SHA-256 of the manifest: the name of this snapshot.
        problems: Files that were left out.
    """

    files: Mapping[str, bytes]
    manifest: Mapping[str, str]
    release: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A file of `workflows/`: either a workflow, or what is wrong with it.

    Args:
        path: Path in the project.
        raw: The decoded file, where it was JSON at all.
    """

    path: str
    workflow_id: str
    name: str
    active: bool
    raw: JsonObject | None
    workflow: Workflow | None
    problem: Problem | None = None

    @property
    def summary(self) -> JsonObject:
        """What a list of workflows shows of it."""
        wrong = self.problem
        return {
            "id": self.workflow_id,
            "name": self.name,
            "path": self.path,
            "active": self.active,
            "nodes": len(self.workflow.nodes) if self.workflow else 0,
            "problem": {"message": wrong.message, "place": wrong.place, "hint": wrong.hint} if wrong else None,
        }


Texts = Mapping[str, Mapping[str, str]]
"""Texts by key and language."""


@dataclass(frozen=True)
class Project:
    """Everything that a project's folder says.

    Args:
        project_id: Short name, in addresses and as `project_id` of every row.
        snapshot: The files that it was read from; their hash is its release.
        text_files: Contents of all files but workflows, by path.
        workflow_files: All workflow files; those with a problem are not served.
        seeds: First records by collection, as their CSV files give them.
        problems: What is wrong with other files.
    """

    project_id: str
    title: str
    settings: Settings
    snapshot: Snapshot
    text_files: Mapping[str, str] = field(default_factory=dict)
    workflow_files: tuple[WorkflowFile, ...] = ()
    texts: Texts = field(default_factory=dict)
    collections: Mapping[str, Collection] = field(default_factory=dict)
    seeds: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    bots: Mapping[str, Bot] = field(default_factory=dict)
    documents: Sequence[Document] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def release(self) -> str:
        """Name of the snapshot that it was read from."""
        return self.snapshot.release

    @property
    def workflows(self) -> dict[str, Workflow]:
        """The workflows that can be served, by id."""
        return {file.workflow.id: file.workflow for file in self.workflow_files if file.workflow}
