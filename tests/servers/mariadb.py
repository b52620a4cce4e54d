"""A real MariaDB on a free port, made in a temporary folder and ended with the test run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from tests.servers.ports import free_port

PROGRAM = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MISSING = "there is no mariadbd on this machine (Debian: apt-get install mariadb-server)"
START_SECONDS = 60.0
LIGHT = ["--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--performance-schema=OFF"]


class MariadbServer:
    """One server. Its user `tapbot` has the password `secret` and a database of that name."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="tapbot-mariadb-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._user = ["--user=mysql"] if os.geteuid() == 0 else []

    def start(self) -> None:
        """Make the server's files, start it, and wait until it answers."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "mysql", "mysql")
        data = f"--datadir={self.folder / 'data'}"
        made = ["mariadb-install-db", "--no-defaults", *self._user, data, "--auth-root-authentication-method=normal"]
        subprocess.run([*made, "--skip-test-db"], check=True, capture_output=True)
        command = [PROGRAM or "mariadbd", "--no-defaults", *self._user, data, f"--port={self.port}", *LIGHT]
        command += [
            "--bind-address=127.0.0.1",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text("utf-8"))
            time.sleep(0.05)
        self.sql("CREATE DATABASE tapbot", "CREATE USER tapbot@'%' IDENTIFIED BY 'secret'")
        self.sql("GRANT ALL ON tapbot.* TO tapbot@'%'")

    def sql(self, *statements: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Run statements as the superuser; the rows of the last one."""
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root", database=database) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            connection.commit()
            return list(cursor.fetchall())

    def _answers(self) -> bool:
        try:
            self.sql("SELECT 1")
        except pymysql.MySQLError:
            return False
        return True

    def end(self) -> None:
        """Stop it for good and delete its files."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbServer]:
    """One server for the whole test run."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    server = MariadbServer()
    try:
        server.start()
        yield server
    finally:
        server.end()
