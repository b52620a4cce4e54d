"""A cluster over servers that all tests share, with a project and the service that it calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.roles.cluster import Cluster, CountingServer, cluster, make_project
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer


@pytest.fixture
def service() -> Iterator[CountingServer]:
    server = CountingServer()
    yield server
    server.close()


@pytest.fixture
def project(tmp_path: Path, service: CountingServer) -> Path:
    return make_project(tmp_path / "shop", service.url)


@pytest.fixture
def shared(tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer, project: Path) -> Iterator[Cluster]:
    """No processes yet."""
    redis_server.stop()
    redis_server.start()
    with cluster(tmp_path, postgres, redis_server.url, project) as made:
        yield made
