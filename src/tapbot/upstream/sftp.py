"""Files on somebody else's server by SFTP, over a connection of `upstream.ssh`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from tapbot.errors import LimitExceeded
from tapbot.loader import load
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.remote_files import MOST_ENTRIES, OTHER_FOLDERS, Entry, rights_of
from tapbot.upstream.ssh import SshServer, open_ssh, our_errors, read_file

FILE, FOLDER, LINK = 1, 2, 3
"""Types of the protocol."""
LETTERS = {FILE: "-", FOLDER: "d", LINK: "l"}


@asynccontextmanager
async def open_sftp(policy: OutgoingPolicy, server: SshServer, *, silence_seconds: float) -> AsyncIterator[SftpFiles]:
    """The files of a server.

    Raises:
        UpstreamUnavailable: The server is away, or broke off.
        UpstreamRejected: The policy does not allow it, or it refused the login.
    """
    connecting = open_ssh(policy, server, timeout_seconds=silence_seconds)
    async with connecting as connection, connection.start_sftp_client() as files:
        yield SftpFiles(files, server)


class SftpFiles:
    """Files by SFTP."""

    def __init__(self, files: Any, server: SshServer) -> None:
        self._files = files
        self._server = server

    async def entries(self, path: str) -> list[Entry]:
        """The entries of a folder, by name."""
        found: list[Entry] = []
        with our_errors(self._server):
            async for entry in self._files.scandir(path):
                if entry.filename in OTHER_FOLDERS:
                    continue
                if len(found) >= MOST_ENTRIES:
                    raise LimitExceeded(f"The folder has more than {MOST_ENTRIES} entries.", code="upstream.too_large")
                found.append(_entry(entry.filename, entry.attrs))
        return sorted(found, key=lambda entry: entry.name)

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        """The content of a file.

        Raises:
            LimitExceeded: It is larger.
        """
        with our_errors(self._server):
            return await read_file(self._files, path, limit_bytes=limit_bytes)

    async def write(self, path: str, content: bytes) -> None:
        """Write a file in place of what was there; folders that are missing are made."""
        await self.make_folders(str(PurePosixPath(path).parent))
        with our_errors(self._server):
            async with self._files.open(path, "wb") as opened:
                await opened.write(content)

    async def delete(self, path: str) -> None:
        """Delete a file."""
        with our_errors(self._server):
            await self._files.remove(path)

    async def delete_folder(self, path: str) -> None:
        """Delete an empty folder."""
        with our_errors(self._server):
            await self._files.rmdir(path)

    async def rename(self, old: str, new: str) -> None:
        """Rename or move a file or a folder."""
        with our_errors(self._server):
            await self._files.rename(old, new)

    async def make_folders(self, path: str) -> None:
        """Make a folder, and those above it."""
        library = load("asyncssh")
        with our_errors(self._server):
            try:
                await self._files.makedirs(path, exist_ok=True)
            except (library.SFTPFailure, library.SFTPPermissionDenied):
                if not await self._files.isdir(path):
                    raise


def _entry(name: str, attributes: Any) -> Entry:
    return Entry(
        name=name,
        kind=LETTERS.get(attributes.type, "-"),
        size=attributes.size or 0,
        modified_at=_moment(attributes.mtime),
        accessed_at=_moment(attributes.atime),
        rights=rights_of(attributes.permissions or 0),
        owner="" if attributes.uid is None else str(attributes.uid),
        group="" if attributes.gid is None else str(attributes.gid),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
