"""`tapbot workflow import|export|diff`: workflow files as they are, key for key."""

from __future__ import annotations

import json as json_text
import re
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tapbot.cli.options import JsonOption
from tapbot.cli.printing import show, show_json, tell
from tapbot.errors import Conflict, InvalidInput, NotFound, TapbotError
from tapbot.project.exports import looks_like_workflow, read_exports
from tapbot.project.load import load_project
from tapbot.project.review import review
from tapbot.project.types import WorkflowFile
from tapbot.workflow.load import parse_workflow

ProjectFolder = Annotated[Path, Parameter(name="--project")]


def import_workflows(
    exports: Path, *, project: ProjectFolder = Path(), force: bool = False, json: JsonOption = False
) -> int:
    """Take workflows from n8n's exports into a project, every key as it is.

    Args:
        exports: A file, or a folder with all below it.
        project: The project's folder.
        force: Replace files that are there already.

    Returns:
        1 when a file is no workflow.
    """
    target = project / "workflows"
    if not project.is_dir():
        raise NotFound("there is no such project.", code="project.not_found", place=str(project))
    done, broken = [], []
    for place, raw in read_exports(exports):
        try:
            if isinstance(raw, TapbotError):
                raise raw
            name = parse_workflow(raw, place=place).name
        except TapbotError as error:
            broken.append({"from": place, "problem": str(error)})
            continue
        file = target / f"{_slug(name)}.json"
        if file.exists() and not force and _read_workflow(file) != raw:
            raise Conflict(
                f"{file.name} is there already, with other contents.",
                code="workflow.exists",
                place=str(file),
                hint="Look at both with `tapbot workflow diff`, then give --force to replace it.",
            )
        target.mkdir(exist_ok=True)
        file.write_text(_dump(raw), "utf-8")
        done.append({"from": place, "to": str(file), "name": name})
    if json:
        show_json({"imported": done, "broken": broken})
    else:
        for one in done:
            show(f"{one['from']} → {one['to']}")
        for one in broken:
            tell(f"not imported: {one['problem']}")
    return 1 if broken or not done else 0


def export_workflow(
    workflow: str | None = None,
    *,
    project: ProjectFolder = Path(),
    output: Path | None = None,
    json: JsonOption = False,
) -> None:
    """Give workflows of a project as n8n's JSON, every key as it is, also those that tapbot does not know.

    Args:
        workflow: Id, name or file of one workflow; without it, all, which needs an output folder.
        project: The project's folder.
        output: A file for one workflow, a folder for all. Default: the terminal.
    """
    files = load_project(project).workflow_files
    if workflow is None:
        if output is None:
            raise InvalidInput("say where all workflows go.", code="cli.missing_option", hint="Give --output FOLDER.")
        output.mkdir(parents=True, exist_ok=True)
        written = [_write(file, output / Path(file.path).name) for file in files if file.raw is not None]
    else:
        file = _find(files, workflow)
        if output is None:
            show(_dump(file.raw).rstrip("\n"))
            return
        written = [_write(file, output)]
    if json:
        show_json(written)
    else:
        for one in written:
            show(f"{one['workflow']} → {one['file']}")


def diff_workflows(old: Path, new: Path, *, json: JsonOption = False) -> int:
    """Review what changed between two workflow files, in words.

    Args:
        old: The file before.
        new: The file after.

    Returns:
        1 when there are differences.
    """
    changes = review(_read_workflow(old), _read_workflow(new))
    if json:
        names = ("kind", "where", "sentence", "old", "new")
        show_json([{name: getattr(change, name) for name in names} for change in changes])
    else:
        for change in changes:
            show(change.sentence)
        if not changes:
            show("They are the same.")
    return 1 if changes else 0


def _find(files: tuple[WorkflowFile, ...], wanted: str) -> WorkflowFile:
    for file in files:
        if file.raw is not None and wanted in {file.workflow_id, file.name, file.path, Path(file.path).name}:
            return file
    raise NotFound(
        f"there is no workflow {wanted!r}.", code="workflow.not_found", hint="`tapbot workflow list` lists them."
    )


def _write(file: WorkflowFile, target: Path) -> dict[str, str]:
    target.write_text(_dump(file.raw), "utf-8")
    return {"workflow": file.name, "file": str(target)}


def _read_workflow(file: Path) -> dict[str, Any]:
    try:
        raw = json_text.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise NotFound("there is no such file.", code="workflow.no_file", place=str(file)) from error
    except (OSError, ValueError) as error:
        raise InvalidInput(f"cannot be read: {error}.", code="workflow.malformed", place=str(file)) from error
    if not looks_like_workflow(raw):
        raise InvalidInput("this is not a workflow.", code="workflow.malformed", place=str(file))
    return dict(raw)


def _dump(raw: Any) -> str:
    return json_text.dumps(raw, indent=2, ensure_ascii=False) + "\n"


def _slug(name: str) -> str:
    slug = re.sub(r"[^\w]+", "_", name.lower()).strip("_")
    return slug[:80] or "workflow"
