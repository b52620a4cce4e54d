"""A real FTP server (pyftpdlib) on a free port, over a temporary folder, in a process of its own."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 20.0
PASSWORD = "құпия 1"  # a password of people: letters beyond ASCII, a blank


def _serve(folder: str, told: Connection, facts: bool) -> None:
    from pyftpdlib.authorizers import DummyAuthorizer  # noqa: PLC0415  # it warns when it loads; only the child needs it
    from pyftpdlib.handlers import FTPHandler  # noqa: PLC0415
    from pyftpdlib.servers import FTPServer  # noqa: PLC0415

    authorizer = DummyAuthorizer()
    authorizer.add_user("aya", PASSWORD, folder, perm="elradfmwMT")
    more: dict[str, Any] = {"authorizer": authorizer, "auth_failed_timeout": 0, "masquerade_address": "203.0.113.9"}
    if not facts:
        kept = {name: about for name, about in FTPHandler.proto_cmds.items() if name not in {"MLSD", "MLST", "FEAT"}}
        more["proto_cmds"] = kept
    server = FTPServer(("127.0.0.1", 0), type("Handler", (FTPHandler,), more))
    told.send(server.address[1])
    server.serve_forever(handle_exit=False)


class FtpServer:
    """One server. Its user is `aya`. It tells another address for its data than its own, as behind a router.

    Args:
        facts: It knows `MLSD`; old ones only know `LIST`.
    """

    password = PASSWORD

    def __init__(self, *, facts: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tapbot-ftpd-"))
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(str(self.folder), theirs, facts), daemon=True)
        self._process.start()
        if not ours.poll(START_SECONDS):
            raise TimeoutError("the FTP server did not start")
        self.port: int = ours.recv()

    def end(self) -> None:
        """Stop it and delete its files."""
        self._process.kill()
        self._process.join(10)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ftpd() -> Iterator[FtpServer]:
    """A modern server."""
    server = FtpServer()
    yield server
    server.end()


@pytest.fixture(scope="session")
def old_ftpd() -> Iterator[FtpServer]:
    """One that lists folders as `ls -l` does."""
    server = FtpServer(facts=False)
    yield server
    server.end()
