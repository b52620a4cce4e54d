"""Runs one workflow file in an app of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tapbot.app import App, open_app
from tapbot.errors import InvalidInput, NotFound, TapbotError
from tapbot.project.load import read_project
from tapbot.project.naming import id_of_folder
from tapbot.project.snapshot import snapshot_of, take_snapshot
from tapbot.project.types import Problem, Project
from tapbot.settings import load_settings
from tapbot.workflow.engine import Outcome
from tapbot.workflow.execution import Waiting
from tapbot.workflow.items import outputs_to_json
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.types import Item


async def run_file(file: Path, *, data: Path | None, overrides: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Run a workflow file from its first trigger with one empty item.

    Args:
        data: Data folder; `None` keeps everything in memory.
        overrides: Settings from the command line, by section.

    Returns:
        `status` ("success", "waiting", "error", "invalid"), `nodes` (last run of each), `runs`, `order`, `error`.
    """
    project, path = _project_of(file, overrides)
    broken = next((one.problem for one in project.workflow_files if one.path == path), None)
    if broken:
        return _invalid(broken)
    async with open_app(project.settings, data) as app:
        served = await app.add_project(project)
        if path in served.problems:
            return _invalid(served.problems[path])
        workflow_id = next(one.workflow_id for one in project.workflow_files if one.path == path)
        try:
            outcome = await _run(app, project, served.workflow(workflow_id))
        except TapbotError as error:
            return _answer("error", message=str(error))
    return _outcome(outcome)


def _project_of(file: Path, overrides: dict[str, dict[str, Any]]) -> tuple[Project, str]:
    """The project that a file belongs to, with the file as it is now; a project of one file when it has none.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It cannot be read.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("there is no such file.", code="workflow.no_file", place=str(file)) from error
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}.", code="workflow.no_file", place=str(file)) from error
    path, home = f"workflows/{file.name}", file.resolve().parent
    if not path.endswith(".json"):
        path += ".json"
    files, folder = {}, None
    if home.name == "workflows":
        folder = home.parent
        files = dict(take_snapshot(folder).files)
    snapshot = snapshot_of({**files, path: content})
    settings = load_settings(folder, overrides)
    return read_project(snapshot, settings, project_id=settings.project.name or id_of_folder(folder or home)), path


async def _run(app: App, project: Project, workflow: PreparedWorkflow) -> Outcome:
    trigger = workflow.first_trigger
    if trigger is None:
        raise InvalidInput(
            "the workflow has no trigger to begin at.",
            code="workflow.no_trigger",
            place=workflow.workflow.name,
            hint="Add a manual trigger.",
        )
    scope = app.releases.all_current[0].scope
    new = app.engine.new_run(scope, project.release, workflow, trigger, [Item(json={})], mode="manual")
    async with app.working():
        run = await app.engine.begin(new)
        return await app.engine.execute(run, workflow, waiting=Waiting.STAY_OR_PARK)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    status = {"succeeded": "success", "waiting": "waiting"}.get(outcome.status, "error")
    plan = outcome.execution.plan if outcome.execution else None
    runs = {name: [outputs_to_json(run.outputs) for run in made] for name, made in plan.runs.items()} if plan else {}
    return {
        "status": status,
        "run_id": outcome.run_id,
        "nodes": {name: made[-1] for name, made in runs.items() if made},
        "runs": runs,
        "order": list(plan.order) if plan else [],
        "error": outcome.error,
    }


def _invalid(problem: Problem) -> dict[str, Any]:
    return _answer("invalid", message=str(problem))


def _answer(status: str, *, message: str) -> dict[str, Any]:
    return {"status": status, "run_id": None, "nodes": {}, "runs": {}, "order": [], "error": {"message": message}}
