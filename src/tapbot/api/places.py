"""Which project a request is for: the one its path names, or the only one that is served."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

from tapbot.errors import NotFound
from tapbot.project.served import ReleaseBook, Served
from tapbot.storage.types import Scope


class Places:
    """Finds the served project of a request.

    Args:
        releases: What is served here.
    """

    def __init__(self, releases: ReleaseBook) -> None:
        self._releases = releases

    def find(self, request: Request) -> Served:
        """The project of `/p/{project}/{environment}/…`; of a short path, the only one.

        Raises:
            NotFound: It is not served here, or the path is short and several are.
        """
        return self.at(request.path_params.get("project"), request.path_params.get("environment"))

    def at(self, project: str | None, environment: str | None) -> Served:
        """The project by what its path names; see `find`."""
        if project is not None:
            return self._releases.current(Scope(project, str(environment)))
        served = self._releases.all_current
        if len(served) != 1:
            raise NotFound(
                "Several projects are served here, so the address must name one.",
                code="project.not_named",
                hint="Begin the path with /p/{project}/{environment}/.",
            )
        return served[0]


def everywhere(routes: Sequence[BaseRoute]) -> list[BaseRoute]:
    """The routes at the root and below `/p/{project}/{environment}`."""
    return [*routes, Mount("/p/{project}/{environment}", routes=list(routes))]
