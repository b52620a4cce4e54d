"""Real servers and databases for every test that asks for one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.servers.databases import database, place
from tests.servers.dovecot import dovecot
from tests.servers.ftpd import ftpd, old_ftpd
from tests.servers.mariadb import mariadb
from tests.servers.nats import nats_server
from tests.servers.plain_connection import pytest_runtest_protocol
from tests.servers.postgres import own_postgres, postgres
from tests.servers.redis import redis_server
from tests.servers.sshd import sshd

__all__ = [
    "database",
    "dovecot",
    "ftpd",
    "mariadb",
    "nats_server",
    "old_ftpd",
    "own_postgres",
    "place",
    "postgres",
    "pytest_runtest_protocol",
    "redis_server",
    "sshd",
]

REAL_PROCESSES = ("chaos", "e2e", "integration")
"""Tests that wait for processes and browsers: on a machine that is busy beside them one may come too late. It is tried
again and reported as rerun; what fails three times is a failure."""


@pytest.fixture(autouse=True)
def logs_as_at_first() -> Iterator[None]:
    """A command that a test runs in this process sets up logging; the next test begins without."""
    yield
    structlog.reset_defaults()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what may be tried again. Nothing may while a proof drops commits: there a failure is what is looked for."""
    if os.environ.get("TAPBOT_FAULTS__DROP"):
        return
    for item in items:
        if Path(item.path).relative_to(Path(__file__).parent).parts[0] in REAL_PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=2))
