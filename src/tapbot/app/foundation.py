"""What stands below everything else in a process: stores, events, limits, the door out, sandboxes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapbot.access.rate_limit import MakeLimit, in_process_limits
from tapbot.credentials.keyring import Keyring, open_keyring
from tapbot.events.hub import Hub
from tapbot.loader import load
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.pool import PoolLimits
from tapbot.settings import SandboxSection, Settings
from tapbot.storage.database import OpenDatabase
from tapbot.storage.folder import lock_folder
from tapbot.storage.opening import open_database
from tapbot.telemetry.tracing import start_tracing
from tapbot.upstream import HttpClient, OutgoingPolicy, guarded_client


@dataclass(slots=True)
class Foundation:
    """Open, until `open_foundation` closes it."""

    settings: Settings
    database: OpenDatabase
    hub: Hub
    limits: MakeLimit
    http: HttpClient
    keyring: Keyring
    expressions: ExpressionSandbox
    code: CodeSandbox
    hearers: list[Callable[[Sequence[Any]], None]]
    """Hear of facts after their commit."""


@asynccontextmanager
async def open_foundation(settings: Settings, data: Path | None) -> AsyncIterator[Foundation]:
    """Open what the settings name.

    Args:
        data: The data folder, which this process takes for itself; `None` where records are elsewhere or in memory.

    Raises:
        Conflict: Another process has the data folder, or it was written by a newer tapbot.
    """
    hearers: list[Callable[[Sequence[Any]], None]] = []

    def tell_all(told: Sequence[Any]) -> None:
        for hear in hearers:
            hear(told)

    async with AsyncExitStack() as stack:
        if settings.traces.endpoint is not None:
            stack.callback(start_tracing(settings.traces.endpoint, service="tapbot"))
        if data is not None:
            lock = lock_folder(data)
            stack.callback(lock.release)
        keyring = keyring_of(settings, data)
        database = await open_database(settings, data, told=tell_all)
        stack.push_async_callback(database.close)
        http = guarded_client(_policy(settings))
        stack.push_async_callback(http.aclose)
        sandbox = settings.sandbox
        expressions = await stack.enter_async_context(
            ExpressionSandbox(PoolLimits(children=sandbox.expression_children, keep=1))
        )
        code = await stack.enter_async_context(CodeSandbox(_code_limits(sandbox)))
        hub, limits = _open_shared(settings, stack)
        yield Foundation(settings, database, hub, limits, http, keyring, expressions, code, hearers)


def _code_limits(section: SandboxSection) -> PoolLimits:
    return PoolLimits(
        children=section.code_children,
        keep=0,
        idle_seconds=section.code_idle_seconds,
        queue_seconds=section.code_queue_seconds,
    )


def keyring_of(settings: Settings, data: Path | None) -> Keyring:
    """The keys of credentials, as the settings or the data folder have them."""
    section = settings.credentials
    key = section.key.get_secret_value() if section.key else None
    return open_keyring(data, key, [old.get_secret_value() for old in section.old_keys])


def _open_shared(settings: Settings, stack: AsyncExitStack) -> tuple[Hub, MakeLimit]:
    """Live events and rate limits, of this process or shared by several."""
    if settings.cache.url is None:
        return Hub(), in_process_limits(time.monotonic)
    url = settings.cache.url.get_secret_value()
    hub: Hub = load("tapbot.events.shared_hub").SharedHub(url)
    limits = load("tapbot.access.shared_rate_limit").SharedLimits(url)
    stack.push_async_callback(limits.aclose)
    made: MakeLimit = limits
    return hub, made


def _policy(settings: Settings) -> OutgoingPolicy:
    section = settings.upstream
    return OutgoingPolicy(
        allow_private_network=section.allow_private_network,
        allow_hosts=section.allow_hosts,
        timeout_seconds=section.timeout_seconds,
        response_limit_bytes=section.response_limit_bytes,
    )
