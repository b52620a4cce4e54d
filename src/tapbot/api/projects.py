"""The projects that are served."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.models import Model, ProjectName, preferred_language, title_in
from tapbot.channels.types import LinkedChannel
from tapbot.errors import NotFound

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_PROJECTS))])


class BotModel(Model):
    """A bot of a project."""

    id: str
    title: str
    channels: list[str]


class LinkModel(Model):
    """An address that opens a chat with a bot."""

    link: str


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


@router.get("/bots/{bot}/link")
async def get_link(
    bot: str,
    context: Context,
    project: ProjectName = None,
    channel: str = "telegram",
    payload: Annotated[str, Query(max_length=128)] = "",
) -> LinkModel:
    """Give the address that opens a chat with a bot; the first message brings `payload` along."""
    found = context.channels.get((context.release(project).scope, bot, channel))
    if not isinstance(found, LinkedChannel):
        raise NotFound(
            f"the bot {bot!r} has no channel {channel!r} with links.",
            code="channel.no_links",
            hint="Telegram, WhatsApp and mail have links that open a chat.",
        )
    return LinkModel(link=await found.link(payload))
