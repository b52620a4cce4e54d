"""A real PostgreSQL for tests, made in a temporary folder and ended with the test run."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tapbot.storage.postgres_schema import migrate_postgres

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
SPEEDY = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
STARTS_WITHIN_SECONDS = 30.0


class PostgresServer:
    """One server on a free port of this machine. The superuser is `postgres`, without a password.

    Args:
        durable: Commits really reach the disk. Slower; only for tests that cut the power.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._programs = FOLDERS[0]
        self._durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="tapbot-postgres-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)
        self._templated = False
        self._shared: str | None = None

    def create(self) -> None:
        """Make the server's files and start it."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [] if self._durable else SPEEDY
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += ["-k", str(self.folder), "-h", "127.0.0.1", "-c", "max_connections=200", *options]
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(_as_postgres(command), stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text("utf-8"))
            time.sleep(0.02)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it: sessions are ended and everything is written; or, at once, as in a power cut."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            process.wait(30)
        self._process = None

    def restart(self, *, at_once: bool = False) -> None:
        """Stop and start again."""
        self.stop(at_once=at_once)
        self.start()

    def end(self) -> None:
        """Stop it for good and delete its files."""
        self.stop(at_once=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Process id of the server, or of who became its user for it."""
        assert self._process is not None  # it was started
        return self._process.pid

    def url(self, database: str, *, user: str = "postgres") -> str:
        """Address of a database as a user."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def new_database(self, *, migrated: bool = True) -> str:
        """Make a database and give its address, as the superuser.

        Args:
            migrated: With the newest schema, copied from a template that is made once.
        """
        name = f"test_{next(self._names)}"
        if migrated and not self._templated:
            self._run("createdb", *self._connect(), "migrated")
            with ThreadPoolExecutor(1) as thread:  # the test's own event loop runs in this one
                thread.submit(asyncio.run, migrate_postgres(self.url("migrated"))).result()
            self._templated = True
        self._run("createdb", *self._connect(), *(["-T", "migrated"] if migrated else []), name)
        if migrated:  # a copy does not take the rights of the database itself along
            self.sql(f"GRANT CREATE ON DATABASE {name} TO tapbot_engine")
        return self.url(name)

    def database_for_all(self) -> str:
        """A migrated database for tests that commit nothing."""
        if self._shared is None:
            self._shared = self.new_database()
        return self._shared

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run a statement as the superuser and give its rows, a line each."""
        return self._run("psql", *self._connect(), "-d", database, "-X", "-q", "-A", "-t", "-c", statement)

    def _connect(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]

    def answers(self) -> bool:
        """Whether it takes connections."""
        command = [self._programs / "pg_isready", *self._connect(), "-q"]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> str:
        command = _as_postgres([str(self._programs / program), *arguments])
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout.strip()


def _as_postgres(command: list[str]) -> list[str]:
    """The server refuses to run as root, and ends when the tests die."""
    ends = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        ends += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    return [*ends, "--", *command]


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def server_for_tests(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A running server; the test is skipped where PostgreSQL is not installed."""
    if not FOLDERS or not shutil.which("setpriv"):
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    server = PostgresServer(durable=durable)
    try:
        server.create()
        yield server
    finally:
        server.end()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole test run, each test with a database of its own."""
    yield from server_for_tests()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server of one test's own, to stop and to kill; its commits reach the disk."""
    yield from server_for_tests(durable=True)
