"""The socket in the data folder through which commands ask the running server: `POST /ask {command, args}`."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tapbot.api.desk import Desk, answer
from tapbot.errors import InvalidInput, TapbotError
from tapbot.storage.folder import CONTROL_SOCKET

__all__ = ["Desk", "bind_control_socket", "control_app"]


def control_app(desk: Desk) -> Starlette:
    """The server's half. Whoever can open the socket, which its owner alone can, may ask anything."""

    async def ask(request: Request) -> Response:
        question = msgspec.json.decode(await request.body())
        try:
            result = await answer(desk, question["command"], question.get("args") or {})
        except TapbotError as error:
            told = {"message": error.message, "code": error.code, "place": error.place, "hint": error.hint}
            body = {"error": told, "invalid": isinstance(error, InvalidInput)}
        else:
            body = {"result": result}
        return Response(msgspec.json.encode(body), media_type="application/json")

    return Starlette(routes=[Route("/ask", ask, methods=["POST"])])


def bind_control_socket(folder: Path) -> socket.socket:
    """Open the control socket of a data folder that this process has locked, for its owner alone.

    The address of such a socket may have 107 bytes; a deep folder is reached through its descriptor instead.
    """
    path = folder / CONTROL_SOCKET
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    before = os.umask(0o177)
    try:
        listening.bind(f"/proc/self/fd/{descriptor}/{CONTROL_SOCKET}")
    finally:
        os.umask(before)
        os.close(descriptor)
    return listening
