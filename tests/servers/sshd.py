"""A real OpenSSH server on a free port, for the user that runs the tests, with a key of its own."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.ports import free_port

PROGRAM = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MISSING = "there is no sshd on this machine (Debian: apt-get install openssh-server)"
START_SECONDS = 20.0
CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile {folder}/pid
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
Subsystem sftp internal-sftp
"""


class SshdServer:
    """One server that lets in who has its key."""

    user = getpass.getuser()

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="tapbot-sshd-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def private_key(self) -> str:
        """Who has it gets in."""
        return (self.folder / "user").read_text("utf-8")

    @property
    def host_key(self) -> str:
        """The server's own key, as `known_hosts` has it."""
        return (self.folder / "host.pub").read_text("utf-8").strip()

    def start(self) -> None:
        """Make its keys, start it, and wait until it answers."""
        for name in ("host", "user"):
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
            subprocess.run(make, check=True, capture_output=True)
        (self.folder / "config").write_text(CONFIG.format(port=self.port, folder=self.folder), "utf-8")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        command = [PROGRAM or "sshd", "-D", "-e", "-f", str(self.folder / "config")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                if client.recv(4) == b"SSH-":
                    return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text("utf-8"))

    def end(self) -> None:
        """Stop it and delete its files."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sshd() -> Iterator[SshdServer]:
    """One server for the whole test run."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = SshdServer()
    try:
        server.start()
        yield server
    finally:
        server.end()
