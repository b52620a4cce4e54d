"""A real Dovecot (IMAP) on free ports, with mailboxes in a temporary folder."""

from __future__ import annotations

import contextlib
import getpass
import imaplib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.ports import free_port

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
IMAP = Path("/usr/lib/dovecot/imap")
MISSING = "there is no dovecot with IMAP on this machine (Debian: apt-get install dovecot-imapd)"
START_SECONDS = 20.0
PASSWORD = "құпия-1"  # letters beyond ASCII
CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class DovecotServer:
    """One server. Every name is a user; all have one password."""

    password = PASSWORD

    def __init__(self) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="tapbot-dovecot-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write its files, start it, and wait until it answers."""
        root = os.geteuid() == 0
        user, group = ("nobody", "nogroup") if root else (getpass.getuser(), str(os.getgid()))
        self.folder.chmod(0o755)
        mail = self.folder / "mail"
        mail.mkdir()
        if root:
            shutil.chown(mail, user, group)
        making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        files = ["-keyout", str(self.folder / "key.pem"), "-out", str(self.folder / "cert.pem")]
        subprocess.run([*making, *files], check=True, capture_output=True)
        told = {"folder": self.folder, "user": user, "group": group, "password": PASSWORD}
        config = CONFIG.format(**told, port=self.port, tls_port=self.tls_port)
        (self.folder / "dovecot.conf").write_text(config, "utf-8")
        self._process = subprocess.Popen([PROGRAM or "dovecot", "-F", "-c", str(self.folder / "dovecot.conf")])
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, imaplib.IMAP4.error), self.box("nobody"):
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text("utf-8") if (self.folder / "log").exists() else "no log")

    @contextlib.contextmanager
    def box(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A logged in client."""
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
            yield client

    def put(self, user: str, *messages: bytes, mailbox: str = "INBOX", flags: str = "") -> None:
        """Lay messages into a mailbox."""
        with self.box(user) as client:
            client.create(mailbox)
            for message in messages:
                assert client.append(mailbox, flags, "", message)[0] == "OK"

    def unread(self, user: str, mailbox: str = "INBOX") -> int:
        """How many messages nobody read."""
        with self.box(user) as client:
            client.select(mailbox, readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())

    def renumber(self, user: str, *, days_old: int) -> None:
        """Forget the numbers of a mailbox, as a server does that was restored, and make its messages older."""
        folder, then = self.folder / "mail" / user, time.time() - days_old * 86_400
        for path in folder.glob("dovecot*"):
            path.unlink()
        for path in [*folder.glob("cur/*"), *folder.glob("new/*")]:
            os.utime(path, (then, then))

    def end(self) -> None:
        """Stop it and delete its files."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[DovecotServer]:
    """One server for the whole test run."""
    if PROGRAM is None or not IMAP.exists():
        pytest.skip(MISSING)
    server = DovecotServer()
    try:
        server.start()
        yield server
    finally:
        server.end()
