"""Runs the proof: traffic, a seeded schedule of kills, and the judge."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from tests.chaos.durable.counting import CountingServer, counting
from tests.chaos.durable.embedded import Embedded
from tests.chaos.durable.judging import Evidence, KeptRun, Kill, Verdict, judge
from tests.chaos.durable.project import make_proof_project
from tests.chaos.durable.traffic import Traffic
from tests.chaos.process import free_port

CALLS_A_RUN = 2
SOON_SECONDS, LATE_SECONDS = (0.0, 0.05), (2.2, 3.2)
"""Pauses before a kill. Every second one is late: a restart brings a burst of calls, so that the next number of calls
is reached while all answers are young, and a late kill meets runs whose first call was answered long ago."""


class Subject(Protocol):
    """What is killed: one process, or several over PostgreSQL and Redis."""

    kills: list[Kill]

    @property
    def url(self) -> str:
        """Where it answers."""
        ...

    def start(self) -> None:
        """Start all of it."""
        ...

    def kill_one(self, chance: random.Random) -> None:
        """Kill or freeze one of its processes, and see that there is another."""
        ...

    def revive(self) -> bool:
        """Start again what died by itself; whether something had."""
        ...

    def end_early(self) -> None:
        """Ask it to end while it works; whatever becomes of that, it is started again by `revive`."""
        ...

    def stop(self) -> None:
        """Stop it."""
        ...

    def wait_quiet(self) -> None:
        """Let every run come to its end."""
        ...

    def kept(self) -> list[KeptRun]:
        """Every run in the journal."""
        ...

    def stored(self) -> dict[str, int]:
        """How many records each run stored."""
        ...


def prove_random_kills(
    home: Path, *, runs: int, kills: int, seed: int, concurrency: int, subject: type[Subject] | None = None
) -> Verdict:
    """Send runs, kill at random moments, and judge.

    Args:
        home: An empty folder.
        seed: Of the moments: they are numbers of calls that have arrived, and a pause after that.
    """
    chance = random.Random(seed)  # noqa: S311  # replayable, not secret
    moments = sorted(chance.randrange(runs * CALLS_A_RUN) for _ in range(kills))
    port = free_port()
    project = make_proof_project(home / "project", port)
    with counting(port, home / "arrivals.jsonl", seed=seed) as counter:
        proven = (subject or Embedded)(home, project)
        proven.start()
        try:
            traffic = Traffic(lambda: proven.url, counter, wanted=runs, concurrency=concurrency)
            asyncio.run(_send_and_kill(proven, traffic, moments, chance))
            proven.wait_quiet()
            return judge(_gather(proven, counter, traffic, concurrency))
        finally:
            proven.stop()


async def _send_and_kill(proven: Subject, traffic: Traffic, moments: Sequence[int], chance: random.Random) -> None:
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(traffic.send_all())
        for number, moment in enumerate(moments):
            while traffic.arrivals < moment and not sending.done():
                await asyncio.sleep(0.005)
            await asyncio.sleep(chance.uniform(*(LATE_SECONDS if number % 2 else SOON_SECONDS)))
            await asyncio.to_thread(proven.kill_one, chance)


def prove_kill_at(
    home: Path,
    point: dict[str, str],
    *,
    runs: int,
    subject: Callable[[Path, Path, dict[str, str]], Subject] = Embedded,
    ending: bool = False,
) -> Verdict:
    """Send a few runs to a process that dies at a point, start it again, and judge.

    Args:
        home: An empty folder.
        point: `{"kill_before": …}` or `{"kill_after": …}`, as the settings of the section `faults` say.
        subject: Makes what dies, of its folder, the project and the point.
        ending: The process is asked to end as soon as it has accepted a run: the point is one of its last writes.
    """
    port = free_port()
    project = make_proof_project(home / "project", port)
    with counting(port, home / "arrivals.jsonl", seed=0) as counter:
        proven = subject(home, project, point)
        proven.start()
        try:
            traffic = Traffic(lambda: proven.url, counter, wanted=runs, concurrency=runs)
            asyncio.run(_send_and_revive(proven, traffic, ending=ending))
            proven.wait_quiet()
            return judge(_gather(proven, counter, traffic, runs))
        finally:
            proven.stop()


async def _send_and_revive(proven: Subject, traffic: Traffic, *, ending: bool) -> None:
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(traffic.send_all())
        while ending and not traffic.accepted:
            await asyncio.sleep(0.005)
        if ending:
            await asyncio.to_thread(proven.end_early)
        while not sending.done():
            await asyncio.to_thread(proven.revive)
            await asyncio.sleep(0.02)


def trace_writes(
    home: Path, *, runs: int, subject: Callable[[Path, Path, dict[str, str]], Subject] = Embedded
) -> list[str]:
    """The sites of all writes that a start and a few runs take, in their order: so many points there are to die at."""
    home.mkdir(parents=True, exist_ok=True)
    trace = home / "trace.txt"
    prove_kill_at(home, {"trace": str(trace)}, runs=runs, subject=subject)
    return trace.read_text("utf-8").splitlines()


def _gather(proven: Subject, counter: CountingServer, traffic: Traffic, concurrency: int) -> Evidence:
    time.sleep(0.05)  # the last answer's line
    return Evidence(
        accepted=traffic.accepted,
        arrivals=counter.arrivals(),
        kills=proven.kills,
        kept=proven.kept(),
        stored=proven.stored(),
        concurrency=concurrency,
    )
