"""Files on somebody else's server by FTP (RFC 959): guarded connections, limits, our errors.

The library is Python's ftplib, over a socket that was opened under our policy; data comes from the same address,
whatever the server says of itself.
"""

from __future__ import annotations

import asyncio
import ftplib
import io
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, TypeVar

from tapbot.errors import LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.plain import close_socket, open_socket
from tapbot.upstream.remote_files import MOST_ENTRIES, Entry, read_facts, read_line

SERVICE = "FTP"
NOT_LOGGED_IN, GOING_AWAY = "530", "421"
WANTED_FACTS = "type;size;modify;unix.mode;unix.uid;unix.gid;"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FtpServer:
    """Where a server is, and who asks.

    Args:
        name: The credential's name, for messages.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str = ""


@asynccontextmanager
async def open_ftp(policy: OutgoingPolicy, server: FtpServer, *, silence_seconds: float) -> AsyncIterator[FtpFiles]:
    """The files of a server.

    Args:
        silence_seconds: Longest wait for an answer.

    Raises:
        UpstreamUnavailable: The server is away, or broke off.
        UpstreamRejected: The policy does not allow it, or it refused the login.
    """
    opened = await open_socket(policy, server.host, server.port, service=SERVICE, timeout_seconds=silence_seconds)
    opened.settimeout(silence_seconds)
    client = _Client(opened, silence_seconds)
    files = FtpFiles(client, server)
    try:
        await files.log_in()
        yield files
        await files.leave()
    finally:
        close_socket(opened)  # a thread that still waits for the server wakes up
        client.close()


class _Client(ftplib.FTP):
    """ftplib over a socket that is open already; always passive, always to the address that was allowed."""

    def __init__(self, opened: socket.socket, silence_seconds: float) -> None:
        super().__init__(encoding="utf-8")
        self.timeout = silence_seconds
        self.sock = opened
        self.af = opened.family
        self.file = opened.makefile("r", encoding="utf-8", errors="replace")

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Begin a transfer over a data connection to the server's own address."""
        assert self.sock is not None  # noqa: S101  # it was given
        address = self.sock.getpeername()[0]
        _said, port = self.makepasv()
        data = socket.create_connection((address, port), self.timeout)
        try:
            reply = self.sendcmd(cmd)
            if reply.startswith("2"):  # some servers greet a transfer twice
                reply = self.getresp()
        except BaseException:
            data.close()
            raise
        if not reply.startswith("1"):
            data.close()
            raise ftplib.error_reply(reply)  # noqa: S321  # people's servers speak it
        return data, None


class FtpFiles:
    """Files by FTP. Each call is one thread's turn."""

    def __init__(self, client: _Client, server: FtpServer) -> None:
        self._client = client
        self._server = server
        self._has_facts: bool | None = None

    async def log_in(self) -> None:
        """Tell who asks."""

        def greet() -> None:
            self._client.welcome = self._client.getresp()
            self._client.login(self._server.user or "anonymous", self._server.password)

        await self._turn(greet)

    async def leave(self) -> None:
        """Say goodbye; a server that is gone does not matter."""
        with suppress(TapbotError):
            await self._turn(self._client.quit)

    async def entries(self, path: str) -> list[Entry]:
        """The entries of a folder, by name."""
        return await self._turn(lambda: sorted(self._list(path), key=lambda entry: entry.name))

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        """The content of a file.

        Raises:
            LimitExceeded: It is larger.
        """
        taken = io.BytesIO()

        def take(piece: bytes) -> None:
            if taken.tell() + len(piece) > limit_bytes:
                raise LimitExceeded(f"The file has more than {limit_bytes} bytes.", code="upstream.too_large")
            taken.write(piece)

        def fetch() -> None:
            try:
                self._client.retrbinary(f"RETR {path}", take)
            except LimitExceeded:
                with suppress(ftplib.Error):
                    self._client.voidresp()  # the server says that the transfer broke off
                raise

        await self._turn(fetch)
        return taken.getvalue()

    async def write(self, path: str, content: bytes) -> None:
        """Write a file in place of what was there; folders that are missing are made."""
        await self.make_folders(str(PurePosixPath(path).parent))
        await self._turn(lambda: self._client.storbinary(f"STOR {path}", io.BytesIO(content)))

    async def delete(self, path: str) -> None:
        """Delete a file."""
        await self._turn(lambda: self._client.delete(path))

    async def delete_folder(self, path: str) -> None:
        """Delete an empty folder."""
        await self._turn(lambda: self._client.rmd(path))

    async def rename(self, old: str, new: str) -> None:
        """Rename or move a file or a folder."""
        await self._turn(lambda: self._client.rename(old, new))

    async def make_folders(self, path: str) -> None:
        """Make a folder, and those above it."""
        for folder in [*reversed(PurePosixPath(path).parents), PurePosixPath(path)]:
            if str(folder) not in {"/", "."}:
                with suppress(UpstreamRejected):  # it is there already, or what follows says why not
                    await self._turn(lambda folder=folder: self._client.mkd(str(folder)))  # type: ignore[misc]  # bound

    def _list(self, path: str) -> list[Entry]:
        client, lines = self._client, _Lines()
        if self._knows_facts():
            client.retrlines(f"MLSD {path}", lines.take)
            split = (line.partition(" ") for line in lines.kept)
            read = [read_facts(name, _facts(told)) for told, _blank, name in split]
        else:
            client.cwd(path)  # `LIST` of a folder that is not there is empty with some servers
            client.retrlines("LIST", lines.take)
            now = datetime.now(UTC)
            read = [read_line(line, now) for line in lines.kept]
        return [entry for entry in read if entry is not None]

    def _knows_facts(self) -> bool:
        if self._has_facts is None:
            try:
                self._has_facts = "MLST" in self._client.sendcmd("FEAT").upper()
                if self._has_facts:
                    self._client.sendcmd(f"OPTS MLST {WANTED_FACTS}")
            except ftplib.error_perm:
                self._has_facts = bool(self._has_facts)  # a server may tell what it likes to tell
        return self._has_facts

    async def _turn(self, work: Callable[[], T]) -> T:
        task = asyncio.create_task(asyncio.to_thread(work))
        try:
            return await asyncio.shield(task)
        except (ftplib.Error, OSError, EOFError, ValueError) as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> TapbotError:
        """The library's error, in words that hold no password."""
        said = str(error)[:300]
        if isinstance(error, ftplib.error_perm) and said.startswith(NOT_LOGGED_IN):
            return UpstreamRejected(
                f"{SERVICE} did not accept the credential {self._server.name!r}.", code="credential.refused"
            )
        if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
            return UpstreamRejected(f"{SERVICE}: a path stands on one line.")
        if isinstance(error, ftplib.error_temp) and not said.startswith(GOING_AWAY):
            return UpstreamUnavailable(f"{SERVICE}: {said}.")
        if isinstance(error, ftplib.Error) and not said.startswith(GOING_AWAY):
            return UpstreamRejected(f"{SERVICE}: {said}.")
        return UpstreamUnavailable(f"{SERVICE} broke off ({type(error).__name__}).")


class _Lines:
    """Takes the lines of a list, up to a number."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def take(self, line: str) -> None:
        if len(self.kept) >= MOST_ENTRIES:
            raise LimitExceeded(f"The folder has more than {MOST_ENTRIES} entries.", code="upstream.too_large")
        self.kept.append(line)


def _facts(told: str) -> dict[str, Any]:
    pairs = (fact.partition("=") for fact in told.rstrip(";").split(";"))
    return {name.lower(): value for name, _sign, value in pairs}
