"""Approvals: what people are asked to decide while a run waits, and their decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StringConstraints
from sqlalchemy import RowMapping

from tapbot.access.types import Permission, Principal, Role
from tapbot.api.auth import Context, CurrentSession, allowed
from tapbot.api.models import Limit, Model, ProjectName
from tapbot.bots import deciding
from tapbot.errors import NotAllowed, NotFound
from tapbot.inbox import approvals
from tapbot.inbox.approvals import ApprovalStatus

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_CONVERSATIONS))])
writing: Any = {"dependencies": [Depends(allowed(Permission.WRITE_CONVERSATIONS))]}


class ApprovalModel(Model):
    """What somebody is asked to decide."""

    id: str
    run_id: str
    """The run that waits for the decision."""
    node: str
    question: str
    details: dict[str, Any]
    """The exact arguments that are decided on."""
    details_hash: str
    """SHA-256 of the arguments: a decision names it, so that nobody decides on something else."""
    status: ApprovalStatus
    may_decide: bool
    """Whether whoever asks may decide it."""
    note: str | None
    decided_by: str | None
    """Name, or chat, of whoever decided."""
    decided_at: datetime | None
    deadline_at: datetime
    created_at: datetime


class ApprovalList(Model):
    """Approvals, the newest first."""

    items: list[ApprovalModel]


class DecisionRequest(Model):
    """Approve or refuse."""

    decision: Literal["approved", "refused"]
    details_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    """`details_hash` of what was shown."""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] | None = None
    """Why, for whoever reads the run."""


@router.get("/approvals")
async def list_approvals(
    context: Context,
    session: CurrentSession,
    project: ProjectName = None,
    status: Annotated[ApprovalStatus | None, Query(description="Of one state only.")] = None,
    limit: Limit = 100,
) -> ApprovalList:
    """List what people are asked to decide."""
    scope = context.release(project).scope
    rows = await context.database.scoped(scope).read(
        lambda db: approvals.list_approvals(db, scope, status=status, limit=limit)
    )
    return ApprovalList(items=[_show(row, session.principal) for row in rows])


@router.get("/approvals/{approval_id}")
async def get_approval(
    approval_id: str, context: Context, session: CurrentSession, project: ProjectName = None
) -> ApprovalModel:
    """Get one approval."""
    scope = context.release(project).scope
    row = await context.database.scoped(scope).read(lambda db: approvals.get_approval(db, scope, approval_id))
    return _show(_there(row, approval_id), session.principal)


@router.post("/approvals/{approval_id}/decision", **writing)
async def decide_approval(
    approval_id: str,
    wanted: DecisionRequest,
    context: Context,
    session: CurrentSession,
    project: ProjectName = None,
) -> ApprovalModel:
    """Approve or refuse, once; the run goes on."""
    person = session.principal
    decision = deciding.PersonsDecision(
        wanted.decision,
        wanted.details_hash,
        {"principal_id": person.principal_id, "name": person.name},
        person.principal_id,
        lambda row: _check_may_decide(row["deciders"], person),
        wanted.note or None,
    )
    scope = context.release(project).scope
    row = await deciding.decide_as_person(context.database, scope, approval_id, decision, now=context.clock())
    return _show(row, person)


def _there(row: RowMapping | None, approval_id: str) -> RowMapping:
    if row is None:
        raise NotFound("there is no such approval.", code="approval.not_found", place=approval_id)
    return row


def may_decide(deciders: Mapping[str, str], person: Principal) -> bool:
    """Whether somebody is among those who are asked; an administrator always is, unless one person is named."""
    if wanted := deciders.get("person"):
        return person.email.lower() == wanted.lower()
    if person.role is Role.ADMIN:
        return True
    role, team = deciders.get("role"), deciders.get("team")
    return person.role is Role.OPERATOR and role in {None, Role.OPERATOR.value} and team in {None, person.team}


def _check_may_decide(deciders: Mapping[str, str], person: Principal) -> None:
    if not may_decide(deciders, person):
        asked = ", ".join(f"{name} {value}" for name, value in deciders.items())
        raise NotAllowed("Somebody else is asked to decide this.", code="approval.not_yours", hint=f"Asked: {asked}.")


def _show(row: RowMapping, person: Principal) -> ApprovalModel:
    by = row["decided_by"] or {}
    shown = {name: row[name] for name in ApprovalModel.model_fields if name in row}
    return ApprovalModel(
        **shown
        | {
            "id": row["approval_id"],
            "may_decide": row["status"] == "open" and may_decide(row["deciders"], person),
            "decided_by": by.get("name") or by.get("chat_id"),
        }
    )
