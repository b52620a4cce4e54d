"""Runs one workflow file in an app of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapbot.app import App, open_app
from tapbot.errors import InvalidInput, TapbotError
from tapbot.project.load import read_project
from tapbot.project.naming import id_of_folder
from tapbot.project.snapshot import snapshot_of, take_snapshot
from tapbot.project.types import Problem, Project
from tapbot.settings import load_settings
from tapbot.workflow.engine import Outcome
from tapbot.workflow.items import outputs_to_json
from tapbot.workflow.parking import Waiting
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.types import Item


class BrokenFile(InvalidInput):
    """A file that is no workflow that can run."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A workflow file, served by an app of its own."""

    app: App
    project: Project
    workflow: PreparedWorkflow

    async def run(self, items: Sequence[Item]) -> Outcome:
        """Run it from its first trigger, by hand.

        Raises:
            InvalidInput: It has none.
        """
        trigger = self.workflow.first_trigger
        if trigger is None:
            raise InvalidInput(
                "the workflow has no trigger to begin at.",
                code="workflow.no_trigger",
                place=self.workflow.workflow.name,
                hint="Add a manual trigger.",
            )
        engine, scope = self.app.engine, self.app.releases.all_current[0].scope
        new = engine.new_run(scope, self.project.release, self.workflow, trigger, items, mode="manual")
        return await engine.execute(await engine.begin(new), self.workflow, waiting=Waiting.STAY_OR_PARK)


@asynccontextmanager
async def open_file(file: Path, data: Path | None, overrides: dict[str, dict[str, Any]]) -> AsyncIterator[OpenedFile]:
    """Serve a workflow file, with the project around it if there is one.

    Args:
        data: Data folder; `None` keeps everything in memory.
        overrides: Settings from the command line, by section.

    Raises:
        BrokenFile: It cannot run.
    """
    project, path = _project_of(file, overrides)
    broken = next((one.problem for one in project.workflow_files if one.path == path), None)
    if broken:
        raise _broken(broken)
    async with open_app(project.settings, data) as app:
        served = await app.add_project(project)
        if path in served.problems:
            raise _broken(served.problems[path])
        workflow_id = next(one.workflow_id for one in project.workflow_files if one.path == path)
        yield OpenedFile(app, project, served.workflow(workflow_id))


def _broken(problem: Problem) -> BrokenFile:
    return BrokenFile(problem.message, code=problem.code, place=problem.place, hint=problem.hint)


async def run_file(file: Path, *, data: Path | None, overrides: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Run a workflow file from its first trigger with one empty item.

    Args:
        data: Data folder; `None` keeps everything in memory.
        overrides: Settings from the command line, by section.

    Returns:
        `status` ("success", "waiting", "error", "invalid"), `nodes` (last run of each), `runs`, `order`, `error`.
    """
    try:
        async with open_file(file, data, overrides) as opened:
            try:
                async with opened.app.working():
                    return _outcome(await opened.run([Item(json={})]))
            except TapbotError as error:
                return _answer("error", message=str(error))
    except BrokenFile as error:
        return _answer("invalid", message=str(error))


def _project_of(file: Path, overrides: dict[str, dict[str, Any]]) -> tuple[Project, str]:
    """The project that a file belongs to, with the file as it is now; a project of one file when it has none.

    Raises:
        BrokenFile: There is no such file, or it cannot be read.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise BrokenFile("there is no such file.", code="workflow.no_file", place=str(file)) from error
    except OSError as error:
        raise BrokenFile(f"cannot be read: {error.strerror}.", code="workflow.no_file", place=str(file)) from error
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


def _answer(status: str, *, message: str) -> dict[str, Any]:
    return {"status": status, "run_id": None, "nodes": {}, "runs": {}, "order": [], "error": {"message": message}}
