"""`tapbot workflow`: run one from the command line; list and show those of a project."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from tapbot.cli.options import JsonOption
from tapbot.cli.printing import show, show_json, show_table, tell
from tapbot.cli.workflow_run import run_file
from tapbot.errors import InvalidInput, NotFound
from tapbot.nodes import catalogue
from tapbot.project.load import load_project
from tapbot.project.served import serve
from tapbot.project.types import WorkflowFile
from tapbot.settings import load_settings
from tapbot.telemetry import configure_logging

app = App(name="workflow", help="Run, list, show, check, compare, test and measure workflows; take them in and out.")
app.command("tapbot.cli.workflow_check:check_exports", name="check")
app.command("tapbot.cli.workflow_files:import_workflows", name="import")
app.command("tapbot.cli.workflow_files:export_workflow", name="export")
app.command("tapbot.cli.workflow_files:diff_workflows", name="diff")
app.command("tapbot.cli.workflow_test:run_tests", name="test")
app.command("tapbot.cli.workflow_bench:bench_workflow", name="bench")

EXIT_CODES = {"success": 0, "waiting": 0, "error": 1, "invalid": 2}


@app.command(name="run")
def run_workflow(
    file: Path,
    *,
    files: Path | None = None,
    data: Path | None = None,
    allow_private_network: bool = False,
    json: JsonOption = False,
) -> int:
    """Run a workflow file once, from its first trigger, with one empty item.

    Args:
        file: The workflow's JSON. When it lies in a project's `workflows/`, it may call the others there.
        files: Folder of the files that its nodes read.
        data: Keep the run in this data folder. Default: in memory, nothing is kept.
        allow_private_network: Let it call private and loopback addresses.

    Returns:
        0: success or waiting; 1: it ended with an error; 2: the file is not a workflow that can run.
    """
    if files is not None and not files.is_dir():
        raise InvalidInput("there is no such folder.", code="cli.invalid_option", place=str(files))
    overrides: dict[str, dict[str, Any]] = (
        {"upstream": {"allow_private_network": True}} if allow_private_network else {}
    )
    if files is not None:
        overrides["workflow"] = {"file_root": str(files.resolve())}
    settings = load_settings(None, overrides)
    configure_logging("error" if settings.log.level == "info" else settings.log.level, settings.log.format)
    result = asyncio.run(run_file(file, data=data, overrides=overrides))
    if json:
        show_json({name: value for name, value in result.items() if name != "run_id"} | {"status": _status(result)})
    else:
        _show_result(result)
    return EXIT_CODES[result["status"]]


@app.command(name="list")
def list_workflows(project: Path = Path(), *, json: JsonOption = False) -> None:
    """List the workflows of a project, broken ones too.

    Args:
        project: The project's folder.
    """
    found = [file.summary for file in _read_files(project)]
    if json:
        show_json(found)
        return
    rows = [{**entry, "state": _state(entry)} for entry in found]
    columns = {"id": "ID", "name": "NAME", "nodes": "NODES", "state": "STATE", "path": "FILE"}
    show_table(rows, columns, empty="This project has no workflows.")


@app.command(name="show")
def show_workflow(
    workflow: str, *, project: Annotated[Path, Parameter(name="--project")] = Path(), json: JsonOption = False
) -> None:
    """Show one workflow: its nodes and where they lead.

    Args:
        workflow: Its id, name or file.
        project: The project's folder.
    """
    for file in _read_files(project):
        if workflow in {file.workflow_id, file.name, file.path, Path(file.path).name}:
            if json:
                show_json({**file.summary, "workflow": file.raw})
            else:
                _show_workflow(file)
            return
    raise NotFound(
        f"there is no workflow {workflow!r}.", code="workflow.not_found", hint="`tapbot workflow list` lists them."
    )


def _read_files(folder: Path) -> list[WorkflowFile]:
    """The workflows of a project, each with what keeps it from being served."""
    project = load_project(folder)
    problems = serve(project, catalogue).problems
    return [replace(file, problem=problems.get(file.path)) for file in project.workflow_files]


def _status(result: dict[str, Any]) -> str:
    return "error" if result["status"] == "invalid" else str(result["status"])


def _show_result(result: dict[str, Any]) -> None:
    show(f"{_status(result)}: {' → '.join(result['order']) or 'no node ran'}")
    if result["error"]:
        tell(f"  {result['error']['message']}")


def _state(entry: dict[str, Any]) -> str:
    if entry["problem"]:
        return f"broken: {entry['problem']['message']}"
    return "active" if entry["active"] else "off"


def _show_workflow(file: WorkflowFile) -> None:
    show(f"{file.name} ({file.workflow_id}), {file.path}")
    if file.problem:
        show(f"  {file.problem}")
    for node in file.workflow.nodes.values() if file.workflow else ():
        outputs = file.workflow.connections.get(node.name, ()) if file.workflow else ()
        leads_to = " | ".join(", ".join(target.node for target in output) or "-" for output in outputs)
        show(f"  {node.name}  [{node.type}]" + (f"  → {leads_to}" if leads_to else ""))
