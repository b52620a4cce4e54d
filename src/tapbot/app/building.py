"""Builds everything that a process may need, whatever its role: engine, channels, lanes, scheduler."""

from __future__ import annotations

import os
import secrets
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tapbot.access.rate_limit import MakeLimit
from tapbot.api.places import Places
from tapbot.app.channels import Channels
from tapbot.app.foundation import Foundation, open_foundation
from tapbot.app.roles import EVERYTHING, Role
from tapbot.app.working import keep_working
from tapbot.credentials.vault import Vault
from tapbot.data.schema import apply_collections
from tapbot.events.hub import Hub
from tapbot.events.types import Event
from tapbot.nodes import catalogue
from tapbot.project.served import ReleaseBook, Served, serve
from tapbot.project.store import point_at, save_release
from tapbot.project.types import Project
from tapbot.scheduler.broadcasts import Broadcaster
from tapbot.scheduler.desk import DeskTimers
from tapbot.scheduler.facts import FactWatcher
from tapbot.scheduler.leading import Leadership
from tapbot.scheduler.polls import Poller
from tapbot.scheduler.rescue import Rescuer
from tapbot.scheduler.schedules import Scheduler
from tapbot.scheduler.sweeping import Sweeper
from tapbot.scheduler.telegram_updates import TelegramListener
from tapbot.scheduler.timers import Timers
from tapbot.settings import Settings
from tapbot.storage.database import OpenDatabase
from tapbot.storage.ids import new_id
from tapbot.telemetry import logger
from tapbot.worker.dispatch import Dispatch, InProcessDispatch, Job, NoDispatch, open_dispatch
from tapbot.worker.gathering import Gatherer
from tapbot.worker.leases import LeaseKeeper
from tapbot.worker.outbox import Chat, Sender
from tapbot.worker.presses import PressAcknowledger
from tapbot.worker.pulling import Puller
from tapbot.worker.quiet import QuietHours
from tapbot.worker.runs import RunStarter
from tapbot.worker.taking import JobTaker
from tapbot.worker.turns import TurnTaker
from tapbot.worker.typing_shown import TypingShown
from tapbot.workflow.engine import Engine
from tapbot.workflow.files import FileRoot
from tapbot.workflow.step import Surroundings

LOG = logger("app")
WATCHED = frozenset({"record", "message", "conversation"})
"""Facts that triggers start with, see `scheduler.telling`."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """What looks, again and again, for something to begin: workflows on news, and what is due of broadcasts."""

    facts: FactWatcher
    polls: Poller
    telegram: TelegramListener
    broadcasts: Broadcaster


@dataclass(slots=True)
class App:
    """Everything that a running tapbot is made of. Its roles say which parts work."""

    settings: Settings
    roles: frozenset[Role]
    alone: bool
    """No other process shares the stores: no leases are needed."""
    database: OpenDatabase
    hub: Hub
    limits: MakeLimit
    releases: ReleaseBook
    engine: Engine
    turns: TurnTaker
    runs: RunStarter
    sender: Sender
    presses: PressAcknowledger
    taker: JobTaker
    dispatch: Dispatch
    keeper: LeaseKeeper
    puller: Puller
    leadership: Leadership
    rescuer: Rescuer
    scheduler: Scheduler
    watchers: Watchers
    timers: Timers
    desk_timers: DeskTimers
    sweeper: Sweeper
    channels: Channels
    places: Places
    vault: Vault
    clock: Callable[[], datetime]
    projects: dict[str, Project] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    """Runs by what became of them, written by this process."""

    async def add_project(self, project: Project) -> Served:
        """Keep the project's release, make its collections, and serve it, here and in other processes."""
        served = serve(project, catalogue)
        now = self.clock()

        def keep(db: Connection) -> None:
            save_release(db, served.scope, project.snapshot, now=now)
            apply_collections(db, served.scope, list(project.collections.values()), files=project.text_files, now=now)
            point_at(db, served.scope, project.release, now=now)

        await self.database.write("project.release", keep)
        self.channels.open(served)
        self.take_in(served)
        for place, problem in served.problems.items():
            LOG.warning("workflow not served", path=place, problem=str(problem))
        return served

    def take_in(self, served: Served) -> None:
        """Serve a release that is kept."""
        self.releases.put(served)
        self.projects[served.scope.project_id] = served.project

    def hear(self, told: Sequence[Any]) -> None:
        """Pass on what was committed: to live views, and to whoever has work because of it."""
        self.hub.publish(told)
        jobs = list(self._jobs_of(told))
        if jobs:
            self.dispatch.publish(jobs)

    def _jobs_of(self, told: Iterable[Any]) -> Iterable[Job]:
        for event in told:
            if not isinstance(event, Event):
                continue
            data, topic = event.data, event.topic
            if topic in WATCHED:
                self.watchers.facts.look_again()
            if topic == "message":
                yield from self._jobs_of_message(event)
            elif topic == "conversation":
                if data.get("turn_due"):
                    yield Job("turn", event.subject, event.scope)
            elif topic == "run":
                self.counted[str(data.get("status"))] += 1
                if data.get("status") == "ready":
                    yield Job("run", event.subject, event.scope)
                elif "wake_at" in data:
                    self.timers.look_again()

    def _jobs_of_message(self, event: Event) -> Iterable[Job]:
        data = event.data
        if data.get("author") == "contact":
            yield Job("turn", str(data["conversation_id"]), event.scope)
        elif "chat_id" in data:
            chat = Chat(event.scope, str(data["bot_id"]), str(data["channel"]), str(data["chat_id"]))
            if Role.WORKER in self.roles:
                self.sender.lane.wake(chat)
            else:
                yield chat.job

    def working(self) -> AbstractAsyncContextManager[None]:
        """Do the work of the roles until the end of the block."""
        return keep_working(self)


@asynccontextmanager
async def open_app(
    settings: Settings,
    data: Path | None,
    *,
    clock: Callable[[], datetime] | None = None,
    roles: frozenset[Role] = EVERYTHING,
) -> AsyncIterator[App]:
    """Build everything over the stores that the settings name.

    Args:
        data: The data folder; `None` keeps everything in memory, or in PostgreSQL where the settings name it.
        clock: The wall clock; tests and evals bring their own.
        roles: What this process does.

    Raises:
        Conflict: Another process has the data folder, or it was written by a newer tapbot.
    """
    async with open_foundation(settings, data) as foundation:
        app = _assemble(foundation, roles, clock or (lambda: datetime.now(UTC)))
        foundation.hearers.append(app.hear)
        yield app


def _assemble(base: Foundation, roles: frozenset[Role], clock: Callable[[], datetime]) -> App:
    settings, database, alone = base.settings, base.database, base.settings.storage.url is None
    releases = ReleaseBook(database, catalogue)
    vault = Vault(database, base.keyring, base.http, clock)
    engine = _make_engine(base, releases, vault, clock)
    presses = PressAcknowledger()
    channels = Channels(database, base.http, presses, clock)
    turns = _make_turns(base, engine, releases, channels, clock)
    runs = RunStarter(engine, releases, turns, width=settings.worker.runs_at_once)
    sender = _make_sender(base, engine, releases, channels, clock)
    taker = JobTaker(releases, runs, turns, sender)
    return App(
        settings=settings,
        roles=roles,
        alone=alone,
        database=database,
        hub=base.hub,
        limits=base.limits,
        releases=releases,
        engine=engine,
        turns=turns,
        runs=runs,
        sender=sender,
        presses=presses,
        taker=taker,
        dispatch=_make_dispatch(settings, taker, roles),
        keeper=LeaseKeeper(engine, runs),
        puller=Puller(database, releases, taker, clock),
        leadership=Leadership(database, engine.holder),
        rescuer=Rescuer(database),
        scheduler=Scheduler(engine, releases, clock),
        watchers=_make_watchers(base, engine, releases, vault, channels, clock),
        timers=Timers(database, clock),
        desk_timers=DeskTimers(database, clock),
        sweeper=_make_sweeper(settings, database, clock),
        channels=channels,
        places=Places(releases),
        vault=vault,
        clock=clock,
    )


def _make_sender(
    base: Foundation, engine: Engine, releases: ReleaseBook, channels: Channels, clock: Callable[[], datetime]
) -> Sender:
    alone, quiet = base.settings.storage.url is None, QuietHours(base.database, releases)
    holder = None if alone else engine.holder
    return Sender(base.database, channels.by_key, clock, limits=base.limits, quiet=quiet, holder=holder)


def _make_turns(
    base: Foundation, engine: Engine, releases: ReleaseBook, channels: Channels, clock: Callable[[], datetime]
) -> TurnTaker:
    gatherer = Gatherer(base.database, releases, channels.by_key, clock)
    typing = TypingShown(channels.by_key)
    return TurnTaker(engine, releases, base.http, gatherer, typing, width=base.settings.worker.turns_at_once)


def _make_watchers(
    base: Foundation,
    engine: Engine,
    releases: ReleaseBook,
    vault: Vault,
    channels: Channels,
    clock: Callable[[], datetime],
) -> Watchers:
    return Watchers(
        FactWatcher(engine, releases, clock),
        Poller(engine, releases, vault, base.http, clock),
        TelegramListener(engine, releases, vault, base.http),
        Broadcaster(base.database, releases, channels.by_key, clock),
    )


def _make_sweeper(settings: Settings, database: OpenDatabase, clock: Callable[[], datetime]) -> Sweeper:
    return Sweeper(
        database,
        clock,
        retain_finished_days=settings.storage.retain_finished_days,
        most_runs=settings.storage.retain_finished_runs,
        most_bytes=settings.storage.retain_finished_bytes,
        retain_files_days=settings.storage.retain_files_days,
        most_file_bytes=settings.storage.retain_files_bytes,
    )


def _make_dispatch(settings: Settings, taker: JobTaker, roles: frozenset[Role]) -> Dispatch:
    if settings.broker.url is not None:
        return open_dispatch(settings.broker.url.get_secret_value())
    return InProcessDispatch(taker) if Role.WORKER in roles else NoDispatch()


def _make_engine(base: Foundation, releases: ReleaseBook, vault: Vault, clock: Callable[[], datetime]) -> Engine:
    settings = base.settings

    def surround(run_child: Any) -> Surroundings:
        return Surroundings(
            expressions=base.expressions,
            code=base.code,
            http=base.http,
            http_timeout_seconds=settings.upstream.timeout_seconds,
            expression_timeout_seconds=settings.sandbox.expression_timeout_seconds,
            code_timeout_seconds=settings.sandbox.code_timeout_seconds,
            code_memory_bytes=settings.sandbox.code_memory_bytes,
            run_child=run_child,
            vault=vault,
            vars={},
            env=allowed_environment(settings.sandbox.env_allow),
            allow_commands=settings.workflow.allow_commands,
            files=FileRoot(settings.workflow.file_root),
            public_url=(settings.server.public_url or f"http://localhost:{settings.server.port}").rstrip("/"),
        )

    return Engine(
        base.database,
        releases,
        surround,
        clock=clock,
        holder=f"{socket.gethostname()[:32]}-{os.getpid()}-{secrets.token_hex(4)}",
        new_id=new_id,
    )


def allowed_environment(names: Sequence[str]) -> dict[str, str]:
    """What `$env` shows: the variables that the settings allow, and no other."""
    return {name: os.environ[name] for name in names if name in os.environ}
