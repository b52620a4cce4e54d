"""Taking a port, and servers that leave signals alone."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from tapbot.errors import Conflict


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Take the address before anything else is built, so that a taken port is said at once.

    Args:
        shared: Other processes may listen there too (SO_REUSEPORT): the kernel shares connections out.

    Raises:
        Conflict: Something else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Conflict(
            f"{host}:{port} cannot be listened to: {error.strerror}.",
            code="server.port_taken",
            hint="Choose another port with --port or TAPBOT_SERVER__PORT, or stop what listens there.",
        ) from error
    return listening


class QuietServer(uvicorn.Server):
    """A server that leaves signals alone: uvicorn would raise them again, before work had time to finish."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
