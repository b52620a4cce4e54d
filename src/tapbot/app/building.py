"""Builds everything over a data folder: stores, sandboxes, engine, channels and worker."""

from __future__ import annotations

import asyncio
import os
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from tapbot.api.chat import arrival_of
from tapbot.api.places import Places
from tapbot.channels.telegram.channel import TelegramChannel
from tapbot.channels.types import Channel
from tapbot.data.schema import apply_collections
from tapbot.errors import UpstreamUnavailable
from tapbot.events.hub import Hub
from tapbot.events.types import Event
from tapbot.loader import load
from tapbot.nodes import catalogue
from tapbot.project.served import ReleaseBook, Served, serve
from tapbot.project.store import save_release
from tapbot.project.types import Project
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.pool import PoolLimits
from tapbot.scheduler.schedules import Scheduler
from tapbot.scheduler.sweeping import Sweeper
from tapbot.scheduler.timers import Timers
from tapbot.settings import Settings
from tapbot.storage.database import OpenDatabase
from tapbot.storage.folder import lock_folder
from tapbot.storage.opening import open_database
from tapbot.storage.types import Scope
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient, OutgoingPolicy, guarded_client
from tapbot.worker.outbox import Chat, Sender
from tapbot.worker.polling import Poller
from tapbot.worker.presses import PressAcknowledger
from tapbot.worker.runs import RunStarter
from tapbot.worker.turns import TurnTaker
from tapbot.workflow.engine import Engine
from tapbot.workflow.step import Surroundings

LOG = logger("app")
AGAIN_SECONDS = 5.0
ChannelKey = tuple[Scope, str, str]


@dataclass(slots=True)
class App:
    """Everything that a running tapbot is made of."""

    settings: Settings
    database: OpenDatabase
    hub: Hub
    http: HttpClient
    releases: ReleaseBook
    engine: Engine
    turns: TurnTaker
    runs: RunStarter
    sender: Sender
    presses: PressAcknowledger
    scheduler: Scheduler
    timers: Timers
    sweeper: Sweeper
    channels: dict[ChannelKey, Channel]
    places: Places
    clock: Callable[[], datetime]
    pollers: list[Poller] = field(default_factory=list)
    projects: dict[str, Project] = field(default_factory=dict)

    async def add_project(self, project: Project) -> Served:
        """Keep the project's release, make its collections, and serve it."""
        served = serve(project, catalogue)
        now = self.clock()

        def keep(db: Connection) -> None:
            save_release(db, served.scope, project.snapshot, now=now)
            apply_collections(db, served.scope, list(project.collections.values()), files=project.text_files, now=now)

        await self.database.write("project.release", keep)
        self._open_channels(served)
        self.releases.put(served)
        self.projects[project.project_id] = project
        for place, problem in served.problems.items():
            LOG.warning("workflow not served", path=place, problem=str(problem))
        return served

    def _open_channels(self, served: Served) -> None:
        """Make the channels of each bot that the settings configure."""
        section = served.project.settings.channels
        for bot in served.project.bots.values():
            for kind in bot.channels:
                settings = _channel_settings(section, kind, bot.id)
                if settings is None or (served.scope, bot.id, kind) in self.channels:
                    continue
                created: Channel = load(f"tapbot.channels.{kind}.channel").create(
                    settings, self.http, bot_id=bot.id, now=self.clock
                )
                self.channels[served.scope, bot.id, kind] = created
                if isinstance(created, TelegramChannel) and settings.mode == "polling":
                    poller = Poller(self.database, served.scope, bot.id, created, self.presses, arrival_of, self.clock)
                    self.pollers.append(poller)

    async def start_channels(self) -> None:
        """Tell Telegram where updates go. A failure is logged: the rest of the house must not wait for it."""
        base = self.settings.server.public_url
        for (scope, bot_id, _kind), channel in self.channels.items():
            if isinstance(channel, TelegramChannel):
                path = f"/p/{scope.project_id}/{scope.environment}/telegram/{bot_id}"
                try:
                    await channel.start(f"{base}{path}" if base else None)
                except UpstreamUnavailable as error:
                    LOG.warning("channel not started yet", bot=bot_id, code=error.code, message=error.message)

    def hear(self, told: Sequence[Any]) -> None:
        """Pass on what was committed: to live views, and to whoever has work because of it."""
        self.hub.publish(told)
        for event in told:
            if isinstance(event, Event) and event.topic == "message":
                self._wake(event)
            elif isinstance(event, Event) and event.topic == "run":
                self._wake_run(event)

    def _wake_run(self, event: Event) -> None:
        served = any(one.scope == event.scope for one in self.releases.all_current)
        if event.data.get("status") == "ready" and served:  # the others wait for the day that they are served
            self.runs.lane.wake(event.subject)
        elif "wake_at" in event.data:
            self.timers.look_again()

    def _wake(self, event: Event) -> None:
        if event.data.get("author") == "contact":
            self.turns.lane.wake(str(event.data["conversation_id"]))
        elif "chat_id" in event.data:
            data = event.data
            self.sender.lane.wake(Chat(event.scope, str(data["bot_id"]), str(data["channel"]), str(data["chat_id"])))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Take up what an earlier process left, and work until the end of the block.

        Then work may finish for `server.drain_seconds`; what is cut off after that goes on at the next start.
        """
        task, overdue = asyncio.current_task(), asyncio.Event()
        assert task is not None  # noqa: S101  # a coroutine always runs in one

        def cut_off() -> None:
            overdue.set()
            task.cancel()

        try:
            async with self._working_parts():
                try:
                    yield
                finally:
                    timer = asyncio.get_running_loop().call_later(self.settings.server.drain_seconds, cut_off)
            timer.cancel()
        except asyncio.CancelledError:
            if not overdue.is_set():
                raise
            task.uncancel()
            LOG.warning("stopped with work unfinished: it goes on at the next start")

    @asynccontextmanager
    async def _working_parts(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            for part in (self.runs, self.turns.lane, self.sender.lane, self.presses):
                part.open(group)
            resumed = await self.runs.take_up_abandoned()
            if resumed:
                LOG.info("runs resumed", count=resumed)
            await self.turns.wake_all()
            await self.sender.wake_all([served.scope for served in self.releases.all_current])
            endless = [
                group.create_task(keep_going("scheduler", self.scheduler.run_forever)),
                group.create_task(keep_going("timers", self.timers.run_forever)),
                group.create_task(keep_going("sweeper", self.sweeper.run_forever)),
            ]
            endless += [group.create_task(keep_going("poller", poller.poll_forever)) for poller in self.pollers]
            try:
                yield
            finally:
                for task in endless:
                    task.cancel()
                for lane in (self.turns.lane, self.sender.lane, self.runs.lane):
                    lane.close()


async def keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Begin endless work again whenever it fails: one bad moment must not end the server."""
    while True:
        try:
            await work()
        except Exception:  # the boundary of endless work
            LOG.exception("endless work failed; it begins again", work=name)
        await asyncio.sleep(AGAIN_SECONDS)


@asynccontextmanager
async def open_app(
    settings: Settings, data: Path | None, *, clock: Callable[[], datetime] | None = None
) -> AsyncIterator[App]:
    """Build everything over a data folder.

    Args:
        data: The data folder; `None` keeps everything in memory.
        clock: The wall clock; tests and evals bring their own.

    Raises:
        Conflict: Another process has the data folder, or it was written by a newer tapbot.
    """
    tell_time = clock or (lambda: datetime.now(UTC))
    async with AsyncExitStack() as stack:
        if data is not None:
            lock = lock_folder(data)
            stack.callback(lock.release)
        hearers: list[Callable[[Sequence[Any]], None]] = []

        def tell_all(told: Sequence[Any]) -> None:
            for hear in hearers:
                hear(told)

        database = await open_database(settings, data, told=tell_all)
        stack.push_async_callback(database.close)
        http = guarded_client(_policy(settings))
        stack.push_async_callback(http.aclose)
        limits = settings.sandbox
        expressions = await stack.enter_async_context(
            ExpressionSandbox(PoolLimits(children=limits.expression_children, keep=1))
        )
        code = await stack.enter_async_context(
            CodeSandbox(PoolLimits(children=limits.code_children, keep=0, idle_seconds=limits.code_idle_seconds))
        )
        app = _assemble(settings, database, http, expressions, code, tell_time)
        hearers.append(app.hear)
        yield app


def _assemble(
    settings: Settings,
    database: OpenDatabase,
    http: HttpClient,
    expressions: ExpressionSandbox,
    code: CodeSandbox,
    clock: Callable[[], datetime],
) -> App:
    releases = ReleaseBook(database, catalogue)

    def surround(run_child: Any) -> Surroundings:
        return Surroundings(
            expressions=expressions,
            code=code,
            http=http,
            http_timeout_seconds=settings.upstream.timeout_seconds,
            expression_timeout_seconds=settings.sandbox.expression_timeout_seconds,
            code_timeout_seconds=settings.sandbox.code_timeout_seconds,
            code_memory_bytes=settings.sandbox.code_memory_bytes,
            run_child=run_child,
            vars={},
            env=allowed_environment(settings.sandbox.env_allow),
        )

    engine = Engine(
        database,
        releases,
        surround,
        clock=clock,
        holder=f"{os.getpid()}-{secrets.token_hex(4)}",
        new_id=lambda: str(uuid.uuid4()),
    )
    channels: dict[ChannelKey, Channel] = {}
    turns = TurnTaker(engine, releases, http)
    runs = RunStarter(engine, releases, turns)
    return App(
        settings=settings,
        database=database,
        hub=Hub(),
        http=http,
        releases=releases,
        engine=engine,
        turns=turns,
        runs=runs,
        sender=Sender(database, channels, clock, holder=engine.holder if settings.storage.url else None),
        presses=PressAcknowledger(),
        scheduler=Scheduler(engine, releases, runs, clock),
        timers=Timers(database, clock),
        sweeper=Sweeper(
            database,
            clock,
            retain_finished_days=settings.storage.retain_finished_days,
            most_runs=settings.storage.retain_finished_runs,
            most_bytes=settings.storage.retain_finished_bytes,
        ),
        channels=channels,
        places=Places(releases),
        clock=clock,
    )


def allowed_environment(names: Sequence[str]) -> dict[str, str]:
    """What `$env` shows: the variables that the settings allow, and no other."""
    return {name: os.environ[name] for name in names if name in os.environ}


def _policy(settings: Settings) -> OutgoingPolicy:
    section = settings.upstream
    return OutgoingPolicy(
        allow_private_network=section.allow_private_network,
        allow_hosts=section.allow_hosts,
        timeout_seconds=section.timeout_seconds,
        response_limit_bytes=section.response_limit_bytes,
    )


def _channel_settings(section: Any, kind: str, bot_id: str) -> Any:
    """The settings of a bot's channel; `None` when it needs some and has none."""
    known: Mapping[str, Any] = getattr(section, kind, {})
    if kind == "webchat":
        return known.get(bot_id) or type(section).model_fields["webchat"].annotation.__args__[1]()
    return known.get(bot_id)
