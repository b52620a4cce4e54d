"""Commands and files on somebody else's server by SSH: guarded connections, limits, our errors.

The library is asyncssh, over a socket that was opened under our policy. It reads no file of this machine: no
configuration, no keys, no agent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tapbot.errors import InvalidInput, LimitExceeded, TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.loader import load
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.plain import open_socket

SERVICE = "SSH"
PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class SshServer:
    """Where a server is, and who asks: with a password, a key, or both.

    Args:
        host_key: Its public key, as `known_hosts` has it; without one the server is not checked.
        name: The credential's name, for messages.
    """

    host: str
    port: int
    user: str
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    host_key: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Args:
        code: Its exit status; `None` where a signal ended it.
    """

    code: int | None
    signal: str | None
    stdout: str
    stderr: str


@asynccontextmanager
async def open_ssh(policy: OutgoingPolicy, server: SshServer, *, timeout_seconds: float) -> AsyncIterator[Any]:
    """A connection (`asyncssh.SSHClientConnection`); its errors leave as ours.

    Args:
        timeout_seconds: Longest wait for the connection, and for the login.

    Raises:
        UpstreamUnavailable: The server is away, or broke off.
        UpstreamRejected: The policy does not allow it, it is another server, or it refused the login or what was asked.
        InvalidInput: The key of the credential is none.
    """
    library = await asyncio.to_thread(load, "asyncssh")
    keys = [await asyncio.to_thread(_read_key, library, server)] if server.private_key else None
    opened = await open_socket(policy, server.host, server.port, service=SERVICE, timeout_seconds=timeout_seconds)
    try:
        connect = library.connect(
            sock=opened,
            config=None,
            username=server.user,
            password=server.password or None,
            client_keys=keys,
            agent_path=None,
            gss_host=None,
            known_hosts=([], [], []) if server.host_key else None,
            client_factory=lambda: _client(library, server.host_key),
            login_timeout=timeout_seconds,
        )
        with our_errors(server):
            async with connect as connection:
                yield connection
    finally:
        opened.close()


@contextmanager
def our_errors(server: SshServer) -> Iterator[None]:
    """The library's errors leave this block as ours, in words that hold no secret."""
    library = load("asyncssh")
    try:
        yield
    except (library.Error, OSError) as error:
        raise _failure(library, error, server) from None


async def run_on_server(connection: Any, command: str, *, limit_bytes: int, timeout_seconds: float) -> Ended:
    """Run a command in the user's shell until it ends.

    Args:
        limit_bytes: Most that it may write, in all.

    Raises:
        LimitExceeded: It writes more, or takes longer.
    """
    left = limit_bytes

    async def read(stream: Any) -> bytes:
        nonlocal left
        pieces = []
        while piece := await stream.read(PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                raise LimitExceeded(f"The command wrote more than {limit_bytes} bytes.", code="upstream.too_large")
            pieces.append(piece)
        return b"".join(pieces)

    process = await connection.create_process(command, encoding=None, stdin=load("asyncssh").DEVNULL)
    try:
        async with asyncio.timeout(timeout_seconds):
            stdout, stderr = await asyncio.gather(read(process.stdout), read(process.stderr))
            await process.wait_closed()
    except TimeoutError:
        raise LimitExceeded(
            f"The command took longer than {timeout_seconds:g} s.",
            code="upstream.deadline",
            hint="Let it go on behind your back (`nohup … &`), and look for its end later.",
        ) from None
    finally:
        process.close()
    signal = process.exit_signal[0] if process.exit_signal else None
    code = None if signal else process.exit_status
    return Ended(code, signal, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


async def read_file(files: Any, path: str, *, limit_bytes: int) -> bytes:
    """The content of a file (`files` is an `asyncssh.SFTPClient`).

    Raises:
        LimitExceeded: It is larger.
    """
    pieces, left = [], limit_bytes
    async with files.open(path, "rb") as opened:
        while piece := await opened.read(PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                raise LimitExceeded(f"The file has more than {limit_bytes} bytes.", code="upstream.too_large")
            pieces.append(piece)
    return b"".join(pieces)


def _read_key(library: Any, server: SshServer) -> Any:
    """The key of a credential; a form of one line may have lost its line breaks."""
    text = server.private_key.strip().replace("\\n", "\n") + "\n"
    try:
        return library.import_private_key(text, server.passphrase or None)
    except (library.KeyImportError, library.KeyEncryptionError, ValueError):
        raise InvalidInput(
            f"The private key of the credential {server.name!r} cannot be read.",
            code="credential.bad_field",
            place="privateKey",
            hint="Copy the whole file, with its first and last line, and enter the passphrase if it has one.",
        ) from None


def _client(library: Any, host_key: str) -> Any:
    """Decides whether this is the server that is meant."""
    wanted = " ".join(host_key.split()[:2])

    def check(_self: Any, _host: str, _address: str, _port: int, key: Any) -> bool:
        return bool(wanted) and " ".join(key.export_public_key().decode().split()[:2]) == wanted

    return type("Client", (library.SSHClient,), {"validate_host_public_key": check})()


def _failure(library: Any, error: Exception, server: SshServer) -> TapbotError:
    """The library's error, in words that hold no secret."""
    if isinstance(error, library.PermissionDenied):
        return UpstreamRejected(f"{SERVICE} did not accept the credential {server.name!r}.", code="credential.refused")
    if isinstance(error, library.HostKeyNotVerifiable):
        return UpstreamRejected(
            f"{SERVICE} ({server.host}) has another key than the credential {server.name!r} says. Find out why before "
            "you change the credential: somebody may listen.",
            code="upstream.other_server",
        )
    if isinstance(error, library.SFTPError) and not isinstance(
        error, (library.SFTPConnectionLost, library.SFTPNoConnection)
    ):
        return UpstreamRejected(f"SFTP: {error.reason[:300] or type(error).__name__}.")
    if isinstance(error, library.ChannelOpenError):
        return UpstreamRejected(f"{SERVICE}: {error.reason[:300]}.")
    return UpstreamUnavailable(f"{SERVICE} broke off ({type(error).__name__}).")
