"""The management API: every resource behind a login."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from tapbot import __version__
from tapbot.api import (
    approvals,
    broadcasts,
    collections,
    contact_data,
    contacts,
    conversation_desk,
    conversations,
    events,
    files,
    login,
    node_types,
    projects,
    runs,
    templates,
    troubles,
    workflows,
)
from tapbot.api.context import ApiContext
from tapbot.api.errors import Problem, answer_http_exception, answer_invalid_request, answer_tapbot_error
from tapbot.api.middleware import ErrorBoundary
from tapbot.api.server import API_PATH
from tapbot.api.streams import Streams
from tapbot.errors import TapbotError

RESOURCES: Sequence[APIRouter] = (
    login.router,
    projects.router,
    conversations.router,
    conversation_desk.router,
    files.router,
    troubles.router,
    approvals.router,
    contacts.router,
    contact_data.router,
    broadcasts.router,
    templates.router,
    runs.router,
    workflows.router,
    node_types.router,
    collections.router,
    events.router,
)


def build_management(context: ApiContext | None) -> FastAPI:
    """The management API.

    Args:
        context: `None` is enough to describe it (`openapi.json`), not to serve it.
    """
    app = FastAPI(
        title="tapbot",
        version=__version__,
        description="Management API of tapbot. Errors are RFC 9457 problems.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        responses={"default": {"model": Problem, "description": "A problem."}},
        exception_handlers={
            HTTPException: answer_http_exception,
            TapbotError: answer_tapbot_error,
            RequestValidationError: answer_invalid_request,
        },
    )
    for router in RESOURCES:
        app.include_router(router)
    if context is not None:
        access, limits = context.settings.access, context.limits
        app.state.context = context
        app.state.streams = Streams(events.MOST_STREAMS_A_SESSION)
        app.state.password_turns = asyncio.Semaphore(login.PASSWORDS_AT_ONCE)
        app.state.api_limit = limits("api", access.api_per_minute, message="too many requests.")
        app.state.login_limit = limits("login", access.login_per_minute, message="too many tries.")
        app.add_middleware(ErrorBoundary, new_id=context.new_id)
    return app


def describe_management() -> dict[str, object]:
    """The OpenAPI document of the management API."""
    app = build_management(None)
    document: dict[str, object] = app.openapi()
    document["servers"] = [{"url": API_PATH}]
    return document


def _operation_id(route: APIRoute) -> str:
    return route.name
