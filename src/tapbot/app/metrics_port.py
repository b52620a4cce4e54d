"""`/metrics` on a port that only this machine reaches, for every role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

from tapbot.api.metrics import metrics_route
from tapbot.app.listening import QuietServer, listen
from tapbot.loader import load

if TYPE_CHECKING:
    from tapbot.app.building import App


async def figures(app: App) -> bytes:
    """The figures of a process; what writes them loads with the first question."""
    written: bytes = await load("tapbot.app.metrics").write_metrics(app)
    return written


async def serve_metrics(app: App) -> None:
    """Answer until the task is cancelled. Processes of one machine may share the port; each answers for itself."""
    listening = listen("127.0.0.1", app.settings.metrics.port or 0, shared=True)
    routes = [metrics_route(lambda: figures(app), None)]
    server = QuietServer(uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off"))
    await server.serve([listening])
