"""How a server leaves a port that others share: no connection is refused, and none is cut off."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence

import uvicorn

GRACE_SECONDS = 1.5
"""A connection without a request may bring one more for so long; it is told then that it is the last."""
LOOK_SECONDS = 0.02


async def leave_port(server: uvicorn.Server, listening: Sequence[socket.socket]) -> None:
    """Accept what the kernel has accepted for us already, listen no more, and let each connection end by itself."""
    server.server_state.draining = True  # type: ignore[attr-defined]  # read by `app.http.BoundedHttp`
    kept = [one.dup() for one in listening]  # until these are closed, the kernel keeps what waits
    for accepting in server.servers:
        accepting.close()
    for one in listening:
        one.close()
    await asyncio.sleep(0)
    for one in kept:
        one.setblocking(False)
        for connection in _waiting(one):
            await _serve(server, connection)
        for connection in _waiting(one):  # what came meanwhile; then nothing stands between this look and the end
            await _serve(server, connection)
        one.close()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + GRACE_SECONDS
    while server.server_state.connections and loop.time() < deadline:  # noqa: ASYNC110  # uvicorn tells nobody
        await asyncio.sleep(LOOK_SECONDS)


def _waiting(listening: socket.socket) -> Iterator[socket.socket]:
    while True:
        try:
            connection, _address = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        yield connection


async def _serve(server: uvicorn.Server, connection: socket.socket) -> None:
    connection.setblocking(False)
    config = server.config

    def make_protocol() -> asyncio.Protocol:
        made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
            config=config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return made

    await asyncio.get_running_loop().connect_accepted_socket(make_protocol, connection)
