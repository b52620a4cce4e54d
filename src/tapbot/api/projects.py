"""The projects that are served."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.models import Model, preferred_language, title_in

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_PROJECTS))])


class BotModel(Model):
    """A bot of a project."""

    id: str
    title: str
    channels: list[str]


class ProjectModel(Model):
    """A project in the environment that is served here."""

    id: str
    name: str
    environment: str
    release: str
    locales: list[str]
    time_zone: str
    bots: list[BotModel]


class ProjectList(Model):
    """All projects."""

    items: list[ProjectModel]


@router.get("/projects")
async def list_projects(request: Request, context: Context) -> ProjectList:
    """List the projects that are served here."""
    items = []
    for release in context.releases.all_current:
        project, section = release.project, release.project.settings.project
        language = preferred_language(request, section.locales)
        bots = [
            BotModel(id=bot.id, title=title_in(bot.title, language, bot.id), channels=list(bot.channels))
            for bot in project.bots.values()
        ]
        items.append(
            ProjectModel(
                id=project.project_id,
                name=project.title,
                environment=release.scope.environment,
                release=project.release,
                locales=list(section.locales),
                time_zone=section.time_zone,
                bots=bots,
            )
        )
    return ProjectList(items=items)
