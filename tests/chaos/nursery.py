"""Starts tapbot by fork from a process that has everything imported: a process like any other, a second sooner.

`python -m tests.chaos.nursery NUMBER` is that process; it reads wishes from the socket that it inherits.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[2]
LONGEST_WISH_BYTES = 200_000
PRELOADED = (
    "alembic.command",
    "fastapi",
    "tapbot.api.server",
    "tapbot.bots.agent.answer",
    "tapbot.cli.dispatch",
    "tapbot.cli.main",
    "tapbot.cli.up",
    "tapbot.storage.migrations.runner",
)


class Child:
    """A tapbot process that can be killed and waited for.

    Args:
        pid: Of the process; its parent keeps it until the exit status was asked for.
    """

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._ended = os.pidfd_open(pid)
        self._settling = threading.Lock()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status; `None` while it runs."""
        return self._settle(0)

    def wait(self, timeout: float) -> int:
        """Wait for its end.

        Args:
            timeout: In seconds.

        Raises:
            TimeoutError: It still runs.
        """
        if (status := self._settle(timeout)) is None:
            raise TimeoutError(f"process {self.pid} did not end in {timeout} s")
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._ended, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _settle(self, seconds: float) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], seconds)[0]:
            with self._settling:  # a test may watch its server from several threads
                if self.returncode is None:
                    self.returncode = self._nursery.ask({"ended": self.pid})["status"]
        return self.returncode

    def __del__(self) -> None:
        os.close(self._ended)


class Nursery:
    """Gives birth to processes. One serves a whole test run."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.nursery", str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
            )

    def start(self, arguments: list[str], *, env: dict[str, str], out: int, err: int) -> Child:
        """Run the command line `tapbot ARGUMENTS` from the root of the repository.

        Args:
            out: File descriptor of its output; `err`: of its errors.
        """
        return Child(self, self.ask({"arguments": arguments, "env": env}, [out, err])["pid"])

    def ask(self, wish: dict[str, Any], descriptors: list[int] | None = None) -> dict[str, Any]:
        """Send a wish and wait for the answer.

        Raises:
            ConnectionError: The nursery itself has died.
        """
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        with self._one_at_a_time:
            self._socket.sendmsg([json.dumps(wish).encode()], rights)
            answer = self._socket.recv(LONGEST_WISH_BYTES)
        if not answer:
            raise ConnectionError("the nursery of test processes has died")
        return cast("dict[str, Any]", json.loads(answer))


def serve(wishes: socket.socket) -> None:
    """Fulfil wishes until the test run ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    while True:
        data, rights, _flags, _address = socket.recv_fds(wishes, LONGEST_WISH_BYTES, 2)
        if not data:
            return
        wish = json.loads(data)
        if "ended" in wish:
            _pid, status = os.waitpid(wish["ended"], 0)
            wishes.send(json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())
            continue
        pid = os.fork()
        if pid == 0:
            wishes.close()
            live(wish["arguments"], wish["env"], *rights)
        for descriptor in rights:
            os.close(descriptor)
        wishes.send(json.dumps({"pid": pid}).encode())


def live(arguments: list[str], env: dict[str, str], out: int, err: int) -> None:
    """Be a tapbot process from here on; never returns."""
    os.environ.clear()
    os.environ.update(env)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    random.seed()
    status = 1
    try:
        status = importlib.import_module("tapbot.cli.main").run(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
