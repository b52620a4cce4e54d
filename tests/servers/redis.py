"""A real Redis on a free port: it can be stopped, started, emptied and paused."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.ports import free_port

PROGRAM = shutil.which("redis-server")
MISSING = "there is no redis-server on this machine (Debian: apt-get install redis-server)"
START_SECONDS = 20.0


class RedisServer:
    """One server that keeps nothing on disk: a stop empties it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="tapbot-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [PROGRAM or "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--appendonly", "no", "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.ask("PING") == "+PONG":
                    return
            time.sleep(0.02)
        raise TimeoutError("redis-server did not start")

    def ask(self, command: str) -> str:
        """The first line of the answer to a command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.makefile().readline().strip()

    def wipe(self) -> None:
        """Forget everything."""
        assert self.ask("FLUSHALL") == "+OK"

    def pause(self) -> None:
        """Stop answering, with all connections open."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        assert self._process
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def remove(self) -> None:
        """End it and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for the whole test run."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = RedisServer()
    server.start()
    yield server
    server.remove()
