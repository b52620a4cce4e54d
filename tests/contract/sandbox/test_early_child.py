"""A child that is ready before anybody looks is not waited for any longer."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from tapbot.sandbox.child import ChildDied, meet_child
from tapbot.sandbox.wire import READY, REPLY

RUNNERS: list[Callable[[Coroutine[Any, Any, Any]], Any]] = [asyncio.run, uvloop.run]
PATIENCE_SECONDS = 5.0


async def meet(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        theirs.sendall(said)
        if not said:
            theirs.close()
        with subprocess.Popen(["sleep", "60"]) as process:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    child = await meet_child(process, ours, most_reply_bytes=1000)
                child.kill()
            finally:
                process.kill()


@pytest.mark.parametrize("run", RUNNERS)
def test_what_it_said_early_is_heard(run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
    run(meet(REPLY.pack(0, READY)))


@pytest.mark.parametrize("run", RUNNERS)
def test_that_it_left_early_is_noticed(run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
    with pytest.raises(ChildDied):
        run(meet(b""))
