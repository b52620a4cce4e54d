"""Real servers and databases for every test that asks for one."""

from tests.servers.databases import database, place
from tests.servers.nats import nats_server
from tests.servers.plain_connection import pytest_runtest_protocol
from tests.servers.postgres import own_postgres, postgres
from tests.servers.redis import redis_server

__all__ = ["database", "nats_server", "own_postgres", "place", "postgres", "pytest_runtest_protocol", "redis_server"]
