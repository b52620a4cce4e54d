"""The work of a process: what its roles do, side by side, until it is asked to stop, and how it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tapbot.app.following import follow_releases
from tapbot.app.metrics_port import serve_metrics
from tapbot.app.roles import Role
from tapbot.telemetry import logger

if TYPE_CHECKING:
    from tapbot.app.building import App

LOG = logger("app")
AGAIN_SECONDS = 5.0
LOOK_SECONDS = 1.0
Endless = tuple[str, Callable[[], Awaitable[None]]]


@asynccontextmanager
async def keep_working(app: App) -> AsyncIterator[None]:
    """Take up what an earlier process left, and work until the end of the block.

    Then work may finish for `server.drain_seconds`; what is cut off after that goes on in another process, or at the
    next start.
    """
    task, overdue = asyncio.current_task(), asyncio.Event()
    assert task is not None  # noqa: S101  # a coroutine always runs in one

    def cut_off() -> None:
        overdue.set()
        task.cancel()

    try:
        async with _carrying(app), _lanes(app):
            try:
                yield
            finally:
                timer = asyncio.get_running_loop().call_later(app.settings.server.drain_seconds, cut_off)
        timer.cancel()
    except asyncio.CancelledError:
        if not overdue.is_set():
            raise
        task.uncancel()
        LOG.warning("stopped with work unfinished: it goes on at the next start")
    finally:
        if not app.alone:
            await app.keeper.release()


@asynccontextmanager
async def _carrying(app: App) -> AsyncIterator[None]:
    """Events, jobs and leases go on while work is being finished."""
    async with asyncio.TaskGroup() as group:
        parts: list[Endless] = [("live events", app.hub.carry_forever), ("jobs", app.dispatch.send_forever)]
        if not app.alone:
            parts.append(("leases", app.keeper.renew_forever))
        if app.settings.metrics.port is not None:
            parts.append(("metrics", lambda: serve_metrics(app)))
        endless = [group.create_task(keep_going(*part)) for part in parts]
        try:
            yield
        finally:
            for task in endless:
                task.cancel()


@asynccontextmanager
async def _lanes(app: App) -> AsyncIterator[None]:
    """Where work is done, and what brings it."""
    lanes = (app.turns.lane, app.sender.lane, app.runs.lane)
    async with asyncio.TaskGroup() as group:
        app.presses.open(group)
        app.runs.open(group)
        if Role.WORKER in app.roles:
            app.turns.lane.open(group)
            app.sender.lane.open(group)
            await _take_up(app)
        aside = [group.create_task(keep_going(*part)) for part in _bringing(app)]
        if Role.WORKER in app.roles:
            aside.append(group.create_task(app.turns.prepare()))
        try:
            yield
        finally:
            for task in aside:
                task.cancel()
            for lane in lanes:
                lane.close()


async def _take_up(app: App) -> None:
    """What waits at the start. Runs that another process holds are freed by the leader when their lease lapses."""
    if not app.alone:
        return
    resumed = await app.runs.take_up_abandoned()
    if resumed:
        LOG.info("runs resumed", count=resumed)
    await app.turns.wake_all()
    await app.sender.wake_all([served.scope for served in app.releases.all_current])


def _bringing(app: App) -> Iterator[Endless]:
    """The endless work of the roles."""
    if not app.alone:
        yield "releases", lambda: follow_releases(app)
        if Role.WORKER in app.roles:
            yield "jobs of others", lambda: app.dispatch.listen_forever(app.taker)
            yield "waiting work", app.puller.pull_forever
    if Role.SCHEDULER in app.roles:
        if app.alone:
            yield from _leading(app)
        else:
            yield "leader", lambda: app.leadership.lead_forever(lambda: _lead(app))


def _leading(app: App) -> Iterator[Endless]:
    """What one process does for all."""
    yield "scheduler", app.scheduler.run_forever
    yield "data triggers", app.watchers.facts.run_forever
    yield "polling triggers", app.watchers.polls.run_forever
    yield "Telegram triggers", app.watchers.telegram.run_forever
    yield "timers", app.timers.run_forever
    yield "desk", app.desk_timers.run_forever
    yield "broadcasts", app.watchers.broadcasts.run_forever
    yield "sweeper", app.sweeper.run_forever
    yield "polling", lambda: _poll(app)
    if not app.alone:
        yield "rescue", app.rescuer.rescue_forever


async def _lead(app: App) -> None:
    async with asyncio.TaskGroup() as group:
        for part in _leading(app):
            group.create_task(keep_going(*part))


async def _poll(app: App) -> None:
    """Poll each bot that has no webhook, also those that are served later."""
    polled: set[object] = set()
    async with asyncio.TaskGroup() as group:
        while True:
            for key, poller in list(app.channels.pollers.items()):
                if key not in polled:
                    polled.add(key)
                    group.create_task(keep_going("poller", poller.poll_forever))
            await asyncio.sleep(LOOK_SECONDS)


async def keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Begin endless work again whenever it fails: one bad moment must not end the server."""
    while True:
        try:
            await work()
        except Exception:  # the boundary of endless work
            LOG.exception("endless work failed; it begins again", work=name)
        else:
            return
        await asyncio.sleep(AGAIN_SECONDS)
