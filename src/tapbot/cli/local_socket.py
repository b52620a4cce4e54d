"""Asks the running server of a data folder, over the socket in that folder."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tapbot.errors import InvalidInput, TapbotError, UserError
from tapbot.storage.folder import CONTROL_SOCKET

ANSWER_SECONDS = 60


class NobodyAnswers(TapbotError):
    """Nothing listens on the socket: the server is starting or stopping."""

    default_code = "cli.nobody_answers"


class _FolderConnection(http.client.HTTPConnection):
    """HTTP over the socket of a data folder; a deep folder is reached through its descriptor (`control.py`)."""

    def __init__(self, folder: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._folder = folder

    def connect(self) -> None:
        """Open the socket."""
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_SECONDS)
        try:
            self.sock.connect(f"/proc/self/fd/{descriptor}/{CONTROL_SOCKET}")
        finally:
            os.close(descriptor)


def ask_server(folder: Path, command: str, args: Mapping[str, Any]) -> Any:
    """Ask one question.

    Args:
        folder: The data folder that the server has locked.

    Raises:
        NobodyAnswers: Nothing listens there.
        UserError: What the server said, with its code, place and hint.
    """
    connection = _FolderConnection(folder)
    try:
        body = msgspec.json.encode({"command": command, "args": args})
        connection.request("POST", "/ask", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        content = reply.read()
    except (OSError, http.client.HTTPException) as error:
        raise NobodyAnswers("The process that has the data folder does not answer.", place=str(folder)) from error
    finally:
        connection.close()
    if reply.status != 200:
        raise NobodyAnswers(f"The server failed with status {reply.status}; its log says why.", place=str(folder))
    answered = msgspec.json.decode(content)
    if "error" in answered:
        kind = InvalidInput if answered.get("invalid") else UserError
        told = answered["error"]
        raise kind(told["message"], code=told["code"], place=told["place"], hint=told["hint"])
    return answered["result"]
