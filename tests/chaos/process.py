"""A real `tapbot up` that can be killed and started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from tests.chaos.nursery import Child, Nursery

ROOT = Path(__file__).resolve().parents[2]
HTTP = httpx2.Client(limits=httpx2.Limits(max_keepalive_connections=0))
"""For all threads: `httpx2.get` reads the trusted certificates each time, which takes 40 ms of CPU. No connection is
kept: its server may be killed meanwhile."""
TAPBOT = Path(sys.executable).parent / "tapbot"
START_SECONDS = 60.0
COMMAND_SECONDS = 60.0


@cache
def nursery() -> Nursery:
    """The parent of all processes of this test run."""
    return Nursery()


def free_port() -> int:
    """A port that nothing listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TapbotProcess:
    """One server over one data folder.

    Args:
        data: The data folder; it outlives the process.
        env: Settings, as the environment gives them.
    """

    def __init__(self, data: Path, env: dict[str, str] | None = None, project: str = "examples/taxi") -> None:
        self.data = data
        self.project = project
        self.port = free_port()
        self.env = {"TAPBOT_ACCESS__CHAT_PER_MINUTE": "100000", **(env or {})}
        self.starts = 0
        self._process: Child | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """How the last process ended."""
        return self._process.poll() if self._process else None

    def start(self, faults: dict[str, str] | None = None, *, wait: bool = True) -> None:
        """Start, and wait until it answers or has died of its fault.

        Args:
            faults: Settings of the section `faults`.
        """
        self.starts += 1
        points = {f"TAPBOT_FAULTS__{name.upper()}": value for name, value in (faults or {}).items()}
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with (self.data.parent / "server.log").open("ab") as log:
            self._process = nursery().start(
                ["up", self.project, "--port", str(self.port), "--data", str(self.data), "--allow-private-network"],
                env={**os.environ, **self.env, **points},
                out=log.fileno(),
                err=log.fileno(),
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until it answers or has ended."""
        deadline = time.monotonic() + START_SECONDS
        while self.alive and time.monotonic() < deadline:
            with contextlib.suppress(httpx2.HTTPError):
                if HTTP.get(f"{self.url}/health", timeout=1).status_code == 200:
                    return
            time.sleep(0.02)
        if self.alive:
            raise TimeoutError("the server did not get ready: " + self.log_tail())

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.alive and self._process is not None:
            self._process.send_signal(signal.SIGKILL)
        self.wait_ended()

    def stop(self) -> None:
        """Ask it to end, and wait."""
        if self.alive and self._process is not None:
            self._process.terminate()
        self.wait_ended()

    def wait_ended(self) -> None:
        """Wait for its end."""
        if self._process is not None:
            self._process.wait(30)

    def revive(self) -> bool:
        """Start it again without faults if it has died; whether it had."""
        if self.alive:
            return False
        self.start()
        return True

    def log_tail(self) -> str:
        """The last lines of its log, for a failing test."""
        return (self.data.parent / "server.log").read_text(errors="replace")[-2000:]

    def ask(self, *command: str) -> Any:
        """The JSON of a command over the same data."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            asked = nursery().start(
                [*command, "--data", str(self.data), "--json"],
                env=dict(os.environ),
                out=out.fileno(),
                err=err.fileno(),
            )
            status = asked.wait(COMMAND_SECONDS)
            out.seek(0)
            err.seek(0)
            if status != 0:
                raise AssertionError(f"{command}: {err.read().decode()}{out.read().decode()}")
            return json.loads(out.read())

    def decide_doubts(self, arrived: Callable[[str, str], bool]) -> int:
        """Be the person who decides about messages in doubt; gives their number.

        Args:
            arrived: Whether a chat has a text.
        """
        with sqlite3.connect(self.data / "tapbot.db", timeout=30) as db:  # a command costs much more than this look
            if not db.execute("SELECT count(*) FROM outbox WHERE status = 'in_doubt'").fetchone()[0]:
                return 0
        doubtful = self.ask("messages", "list", "--status", "in_doubt")
        for one in reversed(doubtful):
            self.ask("messages", "arrived" if arrived(one["chat_id"], one["text"]) else "resend", one["message_id"])
        return len(doubtful)

    def records(self, collection: str) -> list[dict[str, Any]]:
        """The records of a collection, by the command that users have."""
        found: list[dict[str, Any]] = self.ask("data", "items", collection, "--project", self.project)
        return found
