"""A real NATS server with JetStream on a free port: it can be stopped, started and emptied."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.ports import free_port

PROGRAM = shutil.which("nats-server")
MISSING = "there is no nats-server on this machine (Debian: apt-get install nats-server)"
START_SECONDS = 20.0


class NatsServer:
    """One server with its store in a temporary folder."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="tapbot-nats-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it greets."""
        command = [PROGRAM or "nats-server", "-a", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "-js", "-sd", str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                if probe.recv(5) == b"INFO ":
                    return
            time.sleep(0.02)
        raise TimeoutError("nats-server did not start")

    def stop(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def wipe(self) -> None:
        """Forget everything: stop it, empty its store, start it."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        self.start()

    def remove(self) -> None:
        """End it and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    """One server for the whole test run."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = NatsServer()
    server.start()
    yield server
    server.remove()
