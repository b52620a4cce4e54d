"""A day's work on an accelerated clock, and what the process holds while it goes on."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.dialogues import DIALOGUES
from tests.chaos.rooms import Room, make_project, open_room, workflow

TAXI = Path(__file__).resolve().parents[2] / "examples" / "taxi"
DAY = timedelta(days=1)
SAMPLES = 12
WARM_SAMPLES = 6
MOST_GROWTH_MB = 8.0
MOST_GROWTH = 0.06
"""Of memory, beyond what it was when warm; the other figures may not grow at all."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process and its children hold at a moment."""

    memory_mb: float
    files: int
    threads: int
    connections: int
    children: int
    tasks: int


@dataclass(slots=True)
class Soaked:
    """What a soak found."""

    samples: list[Held]
    work: dict[str, int]

    def growth(self) -> dict[str, float]:
        """By how much each figure is larger at the end than the most that it was while warming up."""
        warm, late = self.samples[1 : WARM_SAMPLES + 1], self.samples[WARM_SAMPLES + 1 :]
        growth = {}
        for name in asdict(self.samples[0]):
            most = max(getattr(one, name) for one in warm)
            # The least of the last three: what comes and goes is no growth.
            growth[name] = round(min(getattr(one, name) for one in late[-3:]) - most, 1)
        return growth

    def grown(self) -> list[str]:
        """What grew."""
        growth = self.growth()
        allowed = max(MOST_GROWTH_MB, MOST_GROWTH * self.samples[WARM_SAMPLES].memory_mb)
        return [name for name, more in growth.items() if more > (allowed if name == "memory_mb" else 0)]


def hold(room: Room) -> Held:
    """Look at this process and its children. Linux alone: it reads /proc."""
    gc.collect()
    pid = os.getpid()
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    files = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return Held(
        memory_mb=round(sum(_pss_mb(one) for one in [pid, *children]), 1),
        files=len(files),
        threads=threading.active_count(),
        connections=sum(file.startswith("socket:") for file in files),
        children=len(children),
        tasks=len(asyncio.all_tasks()),
    )


def _children(task: Path) -> list[str]:
    return (task / "children").read_text().split()


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0.0
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


async def soak(home: Path, *, seconds: float) -> Soaked:
    """Do a day's work in so many seconds.

    Args:
        home: An empty folder.
    """
    began, start = time.monotonic(), datetime.now(UTC)
    factor = DAY.total_seconds() / seconds

    def clock() -> datetime:
        return start + timedelta(seconds=(time.monotonic() - began) * factor)

    async with _service() as service:
        folder = _project(home / "project", service)
        async with open_room(folder, home / "data", clock=clock, access=UNLIMITED) as room, room.app.working():
            return await _work(room, seconds, clock)


UNLIMITED = {"chat_per_minute": 1_000_000, "chat_tokens_per_minute": 1_000_000}


async def _work(room: Room, seconds: float, clock: Callable[[], datetime]) -> Soaked:
    work: dict[str, int] = {"bookings": 0, "webhooks": 0, "waits": 0}
    samples: list[Held] = []
    loop = asyncio.get_running_loop()
    began, number = loop.time(), 0
    while len(samples) < SAMPLES:
        number += 1
        await _serve_a_customer(room, number, clock, work)
        if loop.time() - began >= (len(samples) + 1) * seconds / SAMPLES:
            samples.append(await _sample(room))
    counted = await room.rows("SELECT trigger_node, status, count(*) FROM runs GROUP BY 1, 2")
    return Soaked(samples, work | {f"{trigger} {status}": times for trigger, status, times in counted})


async def _sample(room: Room) -> Held:
    await asyncio.sleep(0.3)  # what is just ending ends
    return hold(room)


async def _serve_a_customer(room: Room, number: int, clock: Callable[[], datetime], work: dict[str, int]) -> None:
    """One customer books, and the webhooks of the day come in meanwhile."""
    language = ("ru", "kk", "en")[number % 3]
    token = (await room.http.post("/chat/taxi/token", json={})).json()["token"]
    for place, said in enumerate(DIALOGUES[language]):
        body = {"id": str(place), "text": said}
        await room.http.post("/chat/taxi/messages?wait=20", headers={"X-Chat-Token": token}, json=body)
    work["bookings"] += 1
    for path in ("quick", "outside", "later"):
        answer = await room.http.post(f"/webhook/soak-{path}", json={"n": number, "at": clock().isoformat()})
        work["waits" if path == "later" else "webhooks"] += answer.status_code == 200


def _project(folder: Path, service: str) -> Path:
    """The taxi with webhooks: a fast one, one with an effect and Code, and one that waits an hour."""
    shutil.copytree(TAXI, folder)
    settings = (folder / "tapbot.toml").read_text("utf-8")
    done = _node("Done", "set", 3.4, mode="raw", jsonOutput='={{ {"n": $json.body ? $json.body.n : 0} }}')
    flows = [
        workflow("soak-quick", [_hook("soak-quick", "lastNode"), done]),
        workflow(
            "soak-outside",
            [
                _hook("soak-outside", "lastNode"),
                _node("Call", "httpRequest", 4.2, url=service),
                _node("Code", "code", 2, jsCode="return items.map(item => ({json: {seen: item.json.ok}}))"),
            ],
        ),
        workflow(
            "soak-later",
            [_hook("soak-later", "onReceived"), _node("Wait", "wait", 1.1, amount=1, unit="hours"), done],
        ),
    ]
    return make_project(folder, flows, {"tapbot.toml": settings})


def _hook(path: str, mode: str) -> dict[str, Any]:
    return _node("Hook", "webhook", 2, path=path, httpMethod="POST", responseMode=mode)


def _node(name: str, kind: str, version: float, **parameters: Any) -> dict[str, Any]:
    return {"name": name, "type": f"n8n-nodes-base.{kind}", "typeVersion": version, "parameters": parameters}


@asynccontextmanager
async def _service() -> Any:
    """A service that says ok; it gives its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(
                    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
