"""What commands ask of a running server, over a socket in its data folder: `POST /ask {command, args}` gives JSON.

The same table answers when no server runs: the command then opens the stores itself.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tapbot.errors import InvalidInput, NotFound, TapbotError
from tapbot.project.types import Project, WorkflowFile
from tapbot.storage.database import Database
from tapbot.storage.folder import CONTROL_SOCKET
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import store
from tapbot.workflow.history import show_nodes

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command may be answered from.

    Args:
        projects: The projects that are served here, by id.
    """

    database: Database
    projects: Mapping[str, Project]

    def project(self, name: object) -> Project:
        """The project of that id; the only one when no id is given.

        Raises:
            NotFound: There is no such project here.
            InvalidInput: Several are served and none is named.
        """
        if name is None and len(self.projects) == 1:
            return next(iter(self.projects.values()))
        if name is None:
            raise InvalidInput(
                "several projects are served.", code="cli.which_project", hint="Name one with --project."
            )
        found = self.projects.get(str(name))
        if found is None:
            known = ", ".join(sorted(self.projects)) or "none"
            raise NotFound(f"there is no project {name!r} here; there is: {known}.", code="cli.no_such_project")
        return found

    def scope(self, name: object) -> Scope:
        """Whose rows a command means."""
        project = self.project(name)
        return Scope(project.project_id, project.settings.project.environment)


Answer = Callable[[Desk, Mapping[str, Any]], Awaitable[Any]]


async def list_runs(desk: Desk, args: Mapping[str, Any]) -> Any:
    """The newest runs. Arguments: `workflow`, `status`, `limit`."""
    scope = desk.scope(args.get("project"))
    limit = min(int(args.get("limit") or 50), MOST_LISTED)
    workflow_id, status = args.get("workflow"), args.get("status")
    return await desk.database.read(
        lambda db: store.list_runs(db, scope, workflow_id=workflow_id, status=status, limit=limit)
    )


async def show_run(desk: Desk, args: Mapping[str, Any]) -> Any:
    """One run with its nodes, steps and children. Argument: `run_id`, or the beginning of one."""
    scope, wanted = desk.scope(args.get("project")), str(args.get("run_id") or "")
    run = await desk.database.read(lambda db: store.get_run(db, scope, wanted))
    if run is None:
        raise NotFound(f"there is no run {wanted!r}.", code="run.not_found", hint="`tapbot runs list` lists them.")
    steps = await desk.database.read(lambda db: store.list_steps(db, scope, wanted))
    children = await desk.database.read(lambda db: store.list_runs(db, scope, parent_run_id=wanted))
    history = run.pop("history")
    return {
        **run,
        "order": (history or {}).get("order", []),
        "nodes": show_nodes(history, run["input"] if isinstance(run["input"], list) else []),
        "steps": steps,
        "children": children,
    }


async def list_workflows(desk: Desk, args: Mapping[str, Any]) -> Any:
    """All workflows of a project, broken ones too."""
    return [summarise_workflow(file) for file in desk.project(args.get("project")).workflow_files]


async def show_workflow(desk: Desk, args: Mapping[str, Any]) -> Any:
    """One workflow with its JSON. Argument: `workflow`, an id, a name or a path."""
    wanted = str(args.get("workflow") or "")
    for file in desk.project(args.get("project")).workflow_files:
        if wanted in {file.workflow_id, file.name, file.path, Path(file.path).name}:
            return {**summarise_workflow(file), "workflow": file.raw}
    raise NotFound(
        f"there is no workflow {wanted!r}.", code="workflow.not_found", hint="`tapbot workflow list` lists them."
    )


def summarise_workflow(file: WorkflowFile) -> JsonObject:
    """What a list of workflows shows of one."""
    problem = file.problem
    return {
        "id": file.workflow_id,
        "name": file.name,
        "path": file.path,
        "active": file.active,
        "nodes": len(file.workflow.nodes) if file.workflow else 0,
        "problem": {"message": problem.message, "place": problem.place, "hint": problem.hint} if problem else None,
    }


ANSWERS: Mapping[str, Answer] = {
    "runs.list": list_runs,
    "runs.show": show_run,
    "workflows.list": list_workflows,
    "workflows.show": show_workflow,
}
"""Every command that can be answered, by name."""


async def answer(desk: Desk, command: str, args: Mapping[str, Any]) -> Any:
    """Answer one command.

    Raises:
        NotFound: There is no such command: the server is older or newer than the command line.
    """
    found = ANSWERS.get(command)
    if found is None:
        raise NotFound(
            f"the running server does not know {command!r}.",
            code="cli.unknown_question",
            hint="It runs another version of tapbot: restart it.",
        )
    return await found(desk, args)


def control_app(desk: Desk) -> Starlette:
    """The server's half. Whoever can open the socket, which its owner alone can, may ask anything."""

    async def ask(request: Request) -> Response:
        question = msgspec.json.decode(await request.body())
        try:
            result = await answer(desk, question["command"], question.get("args") or {})
        except TapbotError as error:
            told = {"message": error.message, "code": error.code, "place": error.place, "hint": error.hint}
            body = {"error": told, "invalid": isinstance(error, InvalidInput)}
        else:
            body = {"result": result}
        return Response(msgspec.json.encode(body), media_type="application/json")

    return Starlette(routes=[Route("/ask", ask, methods=["POST"])])


def bind_control_socket(folder: Path) -> socket.socket:
    """Open the control socket of a data folder that this process has locked, for its owner alone.

    The address of such a socket may have 107 bytes; a deep folder is reached through its descriptor instead.
    """
    path = folder / CONTROL_SOCKET
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    before = os.umask(0o177)
    try:
        listening.bind(f"/proc/self/fd/{descriptor}/{CONTROL_SOCKET}")
    finally:
        os.umask(before)
        os.close(descriptor)
    return listening
