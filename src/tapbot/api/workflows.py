"""Workflows of the current release, those that cannot be loaded too."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.context import Release
from tapbot.api.forms import form_path
from tapbot.api.models import Model, ProjectName, raw_json
from tapbot.errors import NotFound
from tapbot.project.types import WorkflowFile
from tapbot.workflow.release import PreparedNode

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_WORKFLOWS))])


class ProblemModel(Model):
    """Why a workflow is not served."""

    message: str
    place: str | None
    hint: str | None


class TriggerModel(Model):
    """What starts a workflow."""

    type: str
    detail: str | None


class WorkflowModel(Model):
    """A workflow in a list."""

    id: str
    name: str
    active: bool
    nodes: int
    triggers: list[TriggerModel]
    problem: ProblemModel | None


class WorkflowList(Model):
    """All workflows."""

    items: list[WorkflowModel]


class WorkflowDetail(Model):
    """A workflow with its file."""

    id: str
    name: str
    active: bool
    release: str
    workflow: dict[str, Any] | None
    """The file's JSON; null when it is not even that."""
    problem: ProblemModel | None


@router.get("/workflows")
async def list_workflows(context: Context, project: ProjectName = None) -> WorkflowList:
    """List the workflows of a project."""
    release = context.release(project)
    return WorkflowList(items=[_summarise(file, release) for file in release.project.workflow_files])


@router.get("/workflows/{workflow_id}", response_model=WorkflowDetail)
async def get_workflow(workflow_id: str, context: Context, project: ProjectName = None) -> Response:
    """Read one workflow."""
    release = context.release(project)
    for file in release.project.workflow_files:
        if file.workflow_id == workflow_id:
            problem = _problem(file, release)
            shown = {"id": file.workflow_id, "name": file.name, "active": file.active, "workflow": file.raw}
            shown |= {"release": release.project.release, "problem": problem.model_dump() if problem else None}
            return raw_json(shown)
    raise NotFound(f"there is no workflow {workflow_id!r}.", code="workflow.not_found")


def _summarise(file: WorkflowFile, release: Release) -> WorkflowModel:
    nodes = list(file.workflow.nodes.values()) if file.workflow else []
    prepared = release.workflows.get(file.workflow_id)
    triggers = [
        TriggerModel(type=each.type.type, detail=_detail(each))
        for each in (prepared.nodes.values() if prepared else ())
        if each.type.trigger and not each.node.disabled
    ]
    return WorkflowModel(
        id=file.workflow_id,
        name=file.name,
        active=file.active,
        nodes=sum(1 for node in nodes if not node.type.endswith(".stickyNote")),
        triggers=triggers,
        problem=_problem(file, release),
    )


def _problem(file: WorkflowFile, release: Release) -> ProblemModel | None:
    problem = file.problem or release.problems.get(file.path)
    return ProblemModel(message=problem.message, place=problem.place, hint=problem.hint) if problem else None


def _detail(prepared: PreparedNode) -> str | None:
    """What a person wants to know of a trigger: a webhook's method and path, a form's path, a schedule's rule."""
    parameters = prepared.parameters
    if prepared.type.trigger == "webhook":
        return f"{parameters.get('httpMethod', 'GET')} /webhook/{parameters.get('path', '')}"
    if prepared.type.trigger == "form":
        return f"/form/{form_path(prepared)}"
    if prepared.type.trigger == "schedule":
        return _schedule_detail(parameters.get("rule"))
    return None


def _schedule_detail(rule: Any) -> str | None:
    intervals = rule.get("interval") if isinstance(rule, dict) else None
    told = []
    for interval in intervals if isinstance(intervals, list) else []:
        if isinstance(interval, dict):
            field = str(interval.get("field", "days"))
            often = interval.get("expression") or interval.get(f"{field}Interval")
            told.append(f"{field} {often}" if often is not None else field)
    return ", ".join(told) or None
