"""Each dispatch, and what may happen to its broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.servers import nats, redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[redis.RedisServer]:
    if redis.PROGRAM is None:
        pytest.skip(redis.MISSING)
    server = redis.RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def nats_server() -> Iterator[nats.NatsServer]:
    if nats.PROGRAM is None:
        pytest.skip(nats.MISSING)
    server = nats.NatsServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture(params=["redis", "nats"])
def broker(request: pytest.FixtureRequest) -> redis.RedisServer | nats.NatsServer:
    """A running broker with nothing in it."""
    server: redis.RedisServer | nats.NatsServer = request.getfixturevalue(f"{request.param}_server")
    server.stop()
    server.start()
    server.wipe()
    return server
