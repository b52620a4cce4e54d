"""From a folder, or from a release in the database, to a `Project`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tapbot.bots.types import Bot
from tapbot.data.definition import parse_definition, seed_path
from tapbot.data.seed import read_seed
from tapbot.data.types import Collection
from tapbot.errors import TapbotError
from tapbot.knowledge.types import Document
from tapbot.loader import load
from tapbot.nodes.javascript import parse_json
from tapbot.project.naming import id_of_folder
from tapbot.project.snapshot import take_snapshot
from tapbot.project.texts import read_texts
from tapbot.project.types import Problem, Project, Snapshot, WorkflowFile
from tapbot.settings import Settings, load_settings
from tapbot.workflow.load import parse_workflow


def load_project(folder: Path, overrides: dict[str, dict[str, Any]] | None = None) -> Project:
    """Read a project's folder. What is broken in it becomes a problem; the rest stands.

    Args:
        folder: A folder that holds `tapbot.toml` or `workflows/`.
        overrides: Settings from the command line, by section.

    Raises:
        NotFound: The folder is not there or is no project.
        InvalidInput: `tapbot.toml` is wrong.
        TooLarge: The project has too many files or bytes.
    """
    snapshot = take_snapshot(folder)
    settings = load_settings(folder, overrides)
    return read_project(snapshot, settings, project_id=settings.project.name or id_of_folder(folder))


def read_project(snapshot: Snapshot, settings: Settings, *, project_id: str) -> Project:
    """Read a project from its files.

    Args:
        settings: The server's settings; an older release is read with today's.
    """
    problems = list(snapshot.problems)
    files = _decode(snapshot.files, problems)
    texts, text_problems = read_texts(files, settings.project.locales)
    collections = _read_collections(files, settings.project.time_zone, problems)
    return Project(
        project_id=project_id,
        title=settings.project.title or project_id,
        settings=settings,
        snapshot=snapshot,
        text_files=files,
        workflow_files=_read_workflows(snapshot.files),
        texts=texts,
        collections=collections,
        seeds=_read_seeds(collections, files, problems),
        bots=_read_bots(files, settings, problems),
        documents=_read_documents(files, problems),
        problems=(*problems, *text_problems),
    )


def _decode(files: Mapping[str, bytes], problems: list[Problem]) -> dict[str, str]:
    """The text files. Workflows are decoded on their own, so that the problem names them as not served."""
    texts: dict[str, str] = {}
    for path, content in files.items():
        if path.startswith("workflows/"):
            continue
        try:
            texts[path] = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            problems.append(
                Problem(path, f"is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.", "project.encoding")
            )
    return texts


def _read_workflows(files: Mapping[str, bytes]) -> tuple[WorkflowFile, ...]:
    found: dict[str, WorkflowFile] = {}
    entries: list[WorkflowFile] = []
    for path in sorted(files):
        if not path.startswith("workflows/") or not path.endswith(".json"):
            continue
        entry = read_workflow_file(path, files[path])
        first = found.setdefault(entry.workflow_id, entry)
        if first is not entry:
            problem = Problem(
                path,
                f"has the same id {entry.workflow_id!r} as {first.path}.",
                "Give it an id of its own.",
                "workflow.twice",
            )
            entry = replace(entry, workflow=None, problem=problem)
        entries.append(entry)
    return tuple(entries)


def read_workflow_file(path: str, content: bytes) -> WorkflowFile:
    """Read one workflow file. A file without an `id` gets its own name as one.

    Args:
        path: Name of the file, for messages.
    """
    stem = Path(path).stem
    raw: Any = None
    try:
        raw = parse_json(content.decode("utf-8-sig"))
        if isinstance(raw, dict) and not raw.get("id"):
            raw = {**raw, "id": stem}
        workflow = parse_workflow(raw, place=path)
    except UnicodeDecodeError as error:
        problem = Problem(path, f"is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.", "workflow.encoding")
    except ValueError as error:
        problem = Problem(path, f"is not JSON: {error}.", "Export it again.", "workflow.not_json")
    except TapbotError as error:
        problem = Problem(error.place or path, error.message, error.hint, error.code)
    else:
        return WorkflowFile(path, workflow.id, workflow.name, workflow.active, workflow.raw, workflow)
    known = raw if isinstance(raw, dict) else {}
    return WorkflowFile(
        path,
        workflow_id=str(known.get("id") or stem),
        name=str(known.get("name") or stem),
        active=bool(known.get("active")),
        raw=known or None,
        workflow=None,
        problem=problem,
    )


def _read_collections(files: Mapping[str, str], time_zone: str, problems: list[Problem]) -> dict[str, Collection]:
    collections: dict[str, Collection] = {}
    for path in sorted(files):
        if not path.startswith("collections/") or not path.endswith((".yaml", ".yml")):
            continue
        try:
            collection = parse_definition(files[path], path=path, time_zone=time_zone)
        except TapbotError as error:
            problems.append(Problem(error.place or path, error.message, error.hint, error.code))
            continue
        collections[collection.name] = collection
    return collections


def _read_seeds(
    collections: Mapping[str, Collection], files: Mapping[str, str], problems: list[Problem]
) -> dict[str, tuple[dict[str, Any], ...]]:
    """The first records of each collection that names a seed."""
    seeds: dict[str, tuple[dict[str, Any], ...]] = {}
    for name, collection in collections.items():
        try:
            path = seed_path(collection, files)
            if path is not None:
                seeds[name] = tuple(values for _line, values in read_seed(collection, files[path], path=path))
        except TapbotError as error:
            problems.append(Problem(error.place or collection.seed or name, error.message, error.hint, error.code))
    return seeds


def _read_bots(files: Mapping[str, str], settings: Settings, problems: list[Problem]) -> dict[str, Bot]:
    """The bots, each with the model that this server's settings give it."""
    bots: dict[str, Bot] = {}
    for path in sorted(files):
        if not path.startswith("bots/") or not path.endswith(".md"):
            continue
        try:
            bot = load("tapbot.bots.definition").parse_bot(path, files[path], files)
        except TapbotError as error:
            problems.append(Problem(error.place or path, error.message, error.hint, error.code))
            continue
        section = settings.bots.get(bot.id)
        bots[bot.id] = replace(bot, model=section.model) if section and section.model else bot
    return bots


def _read_documents(files: Mapping[str, str], problems: list[Problem]) -> tuple[Document, ...]:
    documents = []
    for path in sorted(files):
        if path.startswith("knowledge/") and path.endswith(".md"):
            try:
                documents.append(load("tapbot.knowledge.documents").parse_document(path, files[path]))
            except TapbotError as error:
                problems.append(Problem(error.place or path, error.message, error.hint, error.code))
    return tuple(documents)
