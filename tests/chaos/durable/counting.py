"""The counting server, a process of its own: logs each call, its key, and whether its answer was delivered.

`python -m tests.chaos.durable.counting PORT LOG SEED` is that process. A call is `METHOD /EFFECT?run=NAME[&ms=DELAY]`;
`GET /progress?after=N` tells how far it came.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[3]
KEY_HEADER = "x-once"
LONGEST_PAUSE_SECONDS = 0.04
STARTS_WITHIN_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One call as the counting server saw it. Times are those of the machine's monotonic clock, in seconds.

    Args:
        key: Idempotency key that came with it.
        answered_at: When its answer was handed to a connection that was still open; `None` when it was not.
    """

    run: str
    effect: str
    key: str
    arrived_at: float
    answered_at: float | None


class CountingServer:
    """The counting server as its parent sees it."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.log = log

    def progress(self, after: int) -> dict[str, Any]:
        """How many calls arrived, and which runs' last effects were answered since the `after`-th."""
        address = f"http://127.0.0.1:{self.port}/progress?after={after}"
        with urllib.request.urlopen(address, timeout=20) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def arrivals(self) -> list[Arrival]:
        """Everything that arrived so far, in that order."""
        begun: dict[int, dict[str, Any]] = {}
        for line in self.log.read_text("utf-8").splitlines():
            entry = json.loads(line)
            begun.setdefault(entry.pop("number"), {"answered_at": None}).update(entry)
        return [Arrival(**entry) for entry in begun.values()]


@contextlib.contextmanager
def counting(port: int, log: Path, *, seed: int) -> Iterator[CountingServer]:
    """A counting server for the length of a block."""
    command = [sys.executable, "-m", "tests.chaos.durable.counting", str(port), str(log), str(seed)]
    process = subprocess.Popen(command, cwd=ROOT)
    server = CountingServer(port, log)
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    try:
        while True:
            with contextlib.suppress(OSError):
                server.progress(0)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the counting server did not start")
            time.sleep(0.02)
        yield server
    finally:
        process.terminate()
        process.wait(10)


class _Counter:
    """The log, and what a client may ask of it."""

    def __init__(self, log: TextIO, seed: int) -> None:
        self._log = log
        self._random = random.Random(seed)  # noqa: S311  # replayable, not secret
        self._number = 0
        self._ended: list[str] = []

    def write(self, number: int, **entry: Any) -> None:
        """Append to the log; the line is in the operating system's hands when this returns."""
        self._log.write(json.dumps({"number": number, **entry}) + "\n")
        self._log.flush()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until its other side closes it or dies."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await self._serve_one(reader, writer)
        writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", "0")))
        address = urlsplit(first.split()[1])
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/progress":
            ended = self._ended[int(query["after"]) :]
            await _send(writer, {"arrivals": self._number, "ended": ended})
            return
        self._number += 1
        number, effect = self._number, address.path.strip("/")
        key = headers.get(KEY_HEADER, "")
        self.write(number, run=query["run"], effect=effect, key=key, arrived_at=time.monotonic())
        pause_seconds = int(query.get("ms", "0")) / 1000 or self._random.uniform(0, LONGEST_PAUSE_SECONDS)
        if await _wait(reader, pause_seconds):
            await _send(writer, {"ok": True})
            self.write(number, answered_at=time.monotonic())
        if effect == "last":
            self._ended.append(query["run"])


async def _wait(reader: asyncio.StreamReader, seconds: float) -> bool:
    """Wait; whether the other side is still there after it."""
    await asyncio.sleep(seconds)
    return not reader.at_eof() and reader.exception() is None


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def main(port: int, log: Path, seed: int) -> None:
    """Serve until the end."""
    with log.open("a", encoding="utf-8") as file:
        counter = _Counter(file, seed)
        server = await asyncio.start_server(counter.serve, "127.0.0.1", port, backlog=1024)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
