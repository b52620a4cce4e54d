"""WhatsApp's templates over the management API."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Depends

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.models import Model, ProjectName
from tapbot.api.template_desk import TemplateDesk

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_CONVERSATIONS))])
writing: Any = {"dependencies": [Depends(allowed(Permission.MANAGE_CONTACTS))]}


class TemplateModel(Model):
    """A template of a WhatsApp account, in one language."""

    name: str
    language: str
    status: str
    """What the review says: `APPROVED`, `PENDING`, `REJECTED`, `PAUSED` and others of WhatsApp's."""
    category: str
    text: str
    reason: str | None
    """Why it was rejected, in WhatsApp's word."""


class TemplateList(Model):
    """All templates of a bot's account."""

    items: list[TemplateModel]


class TemplateRequest(Model):
    """A template to be reviewed."""

    name: str
    language: str
    text: str
    """With at most one variable, `{{1}}`, which takes what is to be said."""
    category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] = "UTILITY"
    example: str = ""
    """A value of the variable, for the reviewer."""


class SubmittedModel(Model):
    """A template that waits for its review."""

    id: str
    name: str
    language: str
    status: str


@router.get("/bots/{bot}/templates")
async def list_templates(bot: str, context: Context, project: ProjectName = None) -> TemplateList:
    """List the templates of a bot's WhatsApp account, with what the review said."""
    desk = TemplateDesk(context.release(project).scope, context.channels)
    return TemplateList(items=[TemplateModel(**row) for row in await desk.list_all(bot)])


@router.post("/bots/{bot}/templates", status_code=201, **writing)
async def submit_template(
    bot: str, body: TemplateRequest, context: Context, project: ProjectName = None
) -> SubmittedModel:
    """Hand a template in for review."""
    desk = TemplateDesk(context.release(project).scope, context.channels)
    return SubmittedModel(**await desk.submit(bot, body.model_dump()))
