"""Which webhook a request is for: by method and path, anew with each release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tapbot.api.places import Places
from tapbot.errors import NotFound, TapbotError
from tapbot.nodes.webhook.params import WebhookParams
from tapbot.project.served import ReleaseBook, Served
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.workflow.engine import is_fast
from tapbot.workflow.release import PreparedNode, PreparedWorkflow

LOG = logger("api")
PATH = re.compile(r"(?:/p/(?P<project>[^/]+)/(?P<environment>[^/]+))?/webhook/(?P<path>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Listener:
    """A webhook trigger of an active workflow."""

    workflow: PreparedWorkflow
    trigger: PreparedNode
    params: WebhookParams
    fast: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A webhook that can be answered directly.

    Args:
        path: Of the request.
        name: What follows `/webhook/` there.
    """

    served: Served
    listener: Listener
    method: str
    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a webhook listens: `parts` of the path, of which those with `:` take any value."""

    parts: tuple[str, ...]

    def match(self, path: tuple[str, ...]) -> dict[str, str] | None:
        """What the parts with `:` took; `None` when the path is another one."""
        if len(path) != len(self.parts):
            return None
        taken = {}
        for wanted, given in zip(self.parts, path, strict=True):
            if wanted.startswith(":"):
                taken[wanted[1:]] = given
            elif wanted != given:
                return None
        return taken


class Directory:
    """Which webhook a method and a path belong to, by project; made anew with each release."""

    def __init__(self, releases: ReleaseBook) -> None:
        self._plain: dict[tuple[Scope, str, str], Listener] = {}
        self._patterns: dict[tuple[Scope, str], list[tuple[Address, Listener]]] = {}
        self._direct: dict[tuple[bytes, bytes], Found | None] = {}
        """Addresses as the wire names them, until the next release; `None`: not to be answered directly."""
        releases.changed.append(self.refresh)
        for served in releases.all_current:
            self.refresh(served)

    def refresh(self, served: Served) -> None:
        """Take in a project's current release."""
        self._direct.clear()
        self._plain = {key: found for key, found in self._plain.items() if key[0] != served.scope}
        self._patterns = {key: found for key, found in self._patterns.items() if key[0] != served.scope}
        for workflow in served.workflows.values():
            if workflow.workflow.active:
                for trigger in workflow.triggers("webhook"):
                    self._add(served.scope, workflow, trigger)

    def _add(self, scope: Scope, workflow: PreparedWorkflow, trigger: PreparedNode) -> None:
        params = WebhookParams.model_validate(trigger.parameters)
        path = params.path.strip("/") or trigger.node.webhook_id or trigger.node.id
        address = Address(tuple(path.split("/")))
        listener = Listener(workflow, trigger, params, is_fast(workflow) and params.response_mode != "onReceived")
        for method in params.methods:
            if any(part.startswith(":") for part in address.parts):
                self._patterns.setdefault((scope, method), []).append((address, listener))
                continue
            known = self._plain.setdefault((scope, method, path), listener)
            if known is not listener:
                LOG.warning(
                    "two workflows listen to one webhook; the first keeps it",
                    path=path,
                    first=known.workflow.workflow.name,
                    second=workflow.workflow.name,
                )

    def find(self, scope: Scope, method: str, path: str) -> tuple[Listener, Mapping[str, str]]:
        """The webhook, and what its path took.

        Raises:
            NotFound: Nothing listens there.
        """
        path = path.strip("/")
        plain = self._plain.get((scope, method, path))
        if plain is not None:
            return plain, {}
        for address, listener in self._patterns.get((scope, method), ()):
            taken = address.match(tuple(path.split("/")))
            if taken is not None:
                return listener, taken
        raise NotFound(
            f"No active workflow listens to {method} /webhook/{path}.",
            code="webhook.not_found",
            hint="Look whether the workflow is active and its method and path are these.",
        )

    def find_direct(self, method: bytes, path: bytes, places: Places) -> Found | None:
        """The webhook of a request whose run waits for nothing; `None` when there is none, or one cannot be sure.

        Args:
            path: As it was sent.
        """
        try:
            return self._direct[method, path]
        except KeyError:
            return self._look_direct(method, path, places)

    def _look_direct(self, method: bytes, path: bytes, places: Places) -> Found | None:
        """Look it up, once a release: no more is kept than there are addresses."""
        named = PATH.fullmatch(path.decode("latin-1"))
        if named is None or path.endswith(b"/") or b"//" in path or b"%" in path:
            return None
        try:
            served = places.at(named["project"], named["environment"])
            listener, taken = self.find(served.scope, method.decode("latin-1"), named["path"])
        except TapbotError:
            return None
        if taken:
            return None
        quick = listener.fast and listener.workflow.never_waits and listener.params.authentication == "none"
        found = Found(served, listener, method.decode("latin-1"), path.decode("latin-1"), named["path"])
        self._direct[method, path] = found if quick else None
        return self._direct[method, path]
