"""One sandbox child seen from the parent: start it, ask it one thing at a time, end it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

from tapbot.errors import LimitExceeded
from tapbot.sandbox.wire import READY, REPLY

_BOOTSTRAP = str(Path(__file__).parent / "children" / "bootstrap.py")
_START_SECONDS = 30.0
_END_SECONDS = 1.0


class ChildDied(Exception):
    """The child's end of the pipe is closed."""


class _Frames(asyncio.Protocol):
    """Collects one reply at a time and hands it to whoever waits."""

    def __init__(self, most_reply_bytes: int) -> None:
        # Somebody waits from the very beginning: a child on a busy machine may be ready before its socket is looked at.
        self.waiting: asyncio.Future[tuple[bytes, bytes]] | None = asyncio.get_running_loop().create_future()
        self.closed = False
        self._most_reply_bytes = most_reply_bytes
        self._buffer = bytearray()
        self._wanted = REPLY.size

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) < self._wanted:
            return
        length, status = REPLY.unpack_from(self._buffer)
        if length > self._most_reply_bytes:
            message = f"The result has {length} bytes; at most {self._most_reply_bytes} are allowed."
            self._settle(LimitExceeded(message, code="sandbox.too_large"))
            return
        self._wanted = REPLY.size + length
        if len(self._buffer) >= self._wanted:
            body = bytes(memoryview(self._buffer)[REPLY.size : self._wanted])
            self._buffer = bytearray()
            self._wanted = REPLY.size
            if self.waiting is not None and not self.waiting.done():
                self.waiting.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._settle(ChildDied())

    def _settle(self, error: Exception) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(error)


class Child:
    """A running child process.

    Args:
        process: The process, started by `start_child`.
        frames: Its protocol.
        transport: Its socket.
    """

    def __init__(self, process: subprocess.Popen[bytes], frames: _Frames, transport: asyncio.Transport) -> None:
        self.process = process
        self.idle_since = 0.0
        self.scopes: set[str] = set()
        self._frames = frames
        self._transport = transport

    @property
    def alive(self) -> bool:
        """Whether it can be asked something."""
        return not self._frames.closed

    async def ask(self, request: bytes, timeout_seconds: float) -> tuple[bytes, bytes]:
        """Send one request and wait for status and body of the reply.

        Args:
            request: A frame made by `encode_request`.
            timeout_seconds: Wall-clock limit.

        Raises:
            TimeoutError: No reply in time. The child still works on it: kill it.
            ChildDied: The process ended.
            LimitExceeded: The reply is too large: kill the child.
        """
        waiting = self._expect()
        self._transport.write(request)
        # Cheaper than `asyncio.timeout`, and this is the hottest wait of all.
        limit = asyncio.get_running_loop().call_later(timeout_seconds, _give_up, waiting)
        try:
            return await waiting
        finally:
            limit.cancel()

    async def wait_ready(self) -> None:
        """Wait until the program is loaded."""
        first = self._frames.waiting or self._expect()
        async with asyncio.timeout(_START_SECONDS):
            status, text = await first
        if status != READY:
            raise ChildDied(text.decode("utf-8", "replace"))

    def _expect(self) -> asyncio.Future[tuple[bytes, bytes]]:
        if self._frames.closed:
            raise ChildDied
        self._frames.waiting = asyncio.get_running_loop().create_future()
        return self._frames.waiting

    def kill(self) -> None:
        """End the process now; `reaped` tells when it is gone."""
        self._frames.waiting = None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self._transport.abort()

    def reaped(self) -> bool:
        """Whether the process has ended and its exit status was collected."""
        return self.process.poll() is not None

    async def describe_end(self) -> str:
        """How the process ended, for a message; waits a moment for its exit status."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self.process.wait, _END_SECONDS)
        code = self.process.poll()
        if code is None:
            return "it closed its pipe"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _give_up(waiting: asyncio.Future[tuple[bytes, bytes]]) -> None:
    if not waiting.done():
        waiting.set_exception(TimeoutError())


def _spawn(program: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.setblocking(False)
        command = [sys.executable, "-I", "-S", "-B", _BOOTSTRAP, program, sysconfig.get_path("platlib")]
        # An empty environment and no descriptors but the pipe: the child holds nothing worth stealing.
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"TZ": "UTC"},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
    return process, ours


async def start_child(program: str, *, most_reply_bytes: int) -> Child:
    """Start a child and wait until it is ready.

    Args:
        program: Module of `tapbot.sandbox.children`, for example `"expressions"`.
        most_reply_bytes: Largest reply that is read.

    Raises:
        ChildDied: It ended during its start.
        TimeoutError: It did not come up.
    """
    process, ours = await asyncio.to_thread(_spawn, program)
    return await meet_child(process, ours, most_reply_bytes=most_reply_bytes)


async def meet_child(process: subprocess.Popen[bytes], ours: socket.socket, *, most_reply_bytes: int) -> Child:
    """Wait until a process that was started says on its socket that it is ready; it may have said so already.

    Raises:
        ChildDied: It ended during its start.
        TimeoutError: It did not come up.
    """
    loop = asyncio.get_running_loop()
    transport, frames = await loop.create_connection(lambda: _Frames(most_reply_bytes), sock=ours)
    child = Child(process, frames, transport)
    try:
        await child.wait_ready()
    except BaseException:
        child.kill()
        await asyncio.to_thread(process.wait)
        raise
    return child
