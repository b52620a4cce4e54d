"""Real servers and databases for every test that asks for one."""

from tests.servers.databases import database, place
from tests.servers.plain_connection import pytest_runtest_protocol
from tests.servers.postgres import own_postgres, postgres

__all__ = ["database", "own_postgres", "place", "postgres", "pytest_runtest_protocol"]
