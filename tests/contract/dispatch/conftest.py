"""Each dispatch, and what may happen to its broker."""

from __future__ import annotations

import pytest
from tests.servers import nats, redis


@pytest.fixture(params=["redis", "nats"])
def broker(request: pytest.FixtureRequest) -> redis.RedisServer | nats.NatsServer:
    """A running broker with nothing in it."""
    server: redis.RedisServer | nats.NatsServer = request.getfixturevalue(f"{request.param}_server")
    server.stop()
    server.start()
    server.wipe()
    return server
