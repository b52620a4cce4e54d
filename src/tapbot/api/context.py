"""What the API is given by whoever builds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Protocol

from tapbot.access.rate_limit import MakeLimit, in_process_limits
from tapbot.channels.types import Channel
from tapbot.errors import InvalidInput, NotFound
from tapbot.events.hub import Hub
from tapbot.project.types import Problem, Project
from tapbot.settings import Settings
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow.node import NodeType
from tapbot.workflow.release import PreparedWorkflow

BUNDLE = Path(__file__).parent / "console"


class Release(Protocol):
    """One release of a project that is served, as `project.served.Served` is."""

    @property
    def project(self) -> Project:
        """What its files say."""

    @property
    def scope(self) -> Scope:
        """Whose rows are meant."""

    @property
    def workflows(self) -> Mapping[str, PreparedWorkflow]:
        """By id; those with a problem are left out."""

    @property
    def problems(self) -> Mapping[str, Problem]:
        """What is wrong with workflows, by path."""


class Releases(Protocol):
    """The releases that are served, as `project.served.ReleaseBook` is."""

    @property
    def all_current(self) -> Sequence[Release]:
        """The current release of each project."""

    async def get(self, scope: Scope, release: str) -> Release:
        """A release, current or old.

        Raises:
            NotFound: It was never served here.
        """


def _utc_now() -> datetime:
    return datetime.now(UTC)


_START = token_hex(8)
_NUMBERS = count(1)


def _new_id() -> str:
    """An id of a request: one start's randomness and a number, since a UUID costs each request a system call."""
    return f"{_START}-{next(_NUMBERS):x}"


def _ready() -> bool:
    return True


@dataclass(frozen=True)
class ApiContext:
    """Everything that a handler may use.

    Args:
        settings: The server's.
        home: Where the people who log in are kept.
        node_types: Gives all node types; it loads them, so it is called when somebody asks.
        ready: Whether the server can do its work.
        clock: Aware time in UTC.
        limits: Makes rate limits.
        bundle: Folder of the built console.
        channels: By scope, bot and kind.
    """

    settings: Settings
    database: OpenDatabase
    hub: Hub
    releases: Releases
    home: Scope
    node_types: Callable[[], Sequence[NodeType]]
    ready: Callable[[], bool] = _ready
    clock: Callable[[], datetime] = _utc_now
    limits: MakeLimit = field(default_factory=lambda: in_process_limits(monotonic))
    new_id: Callable[[], str] = field(default=_new_id)
    bundle: Path = BUNDLE
    channels: Mapping[tuple[Scope, str, str], Channel] = field(default_factory=dict)

    def release(self, project: str | None) -> Release:
        """The current release of the named project, or of the only one.

        Raises:
            NotFound: There is no such project here.
            InvalidInput: Several projects are served and none is named.
        """
        served = self.releases.all_current
        if project is None and len(served) == 1:
            return served[0]
        if project is None:
            raise InvalidInput(
                "several projects are served here.", code="api.project_not_named", hint="Add ?project= to the address."
            )
        for release in served:
            if release.scope.project_id == project:
                return release
        raise NotFound(f"there is no project {project!r} here.", code="project.not_served")
