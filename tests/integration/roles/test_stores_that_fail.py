"""Redis is emptied, stopped or paused, PostgreSQL restarts: work is delayed, and nothing is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
from tests.integration.roles.cluster import Cluster, CountingServer, Process, cluster, post, until
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer


def load(web: Process, path: str, count: int, disturb: Callable[[], object]) -> list[int]:
    """Call a webhook so many times, 8 side by side, and do something in between; gives the statuses."""
    turns, statuses, halfway = iter(range(count)), [], threading.Event()

    async def caller(http: httpx2.AsyncClient) -> None:
        for number in turns:
            answer = await http.post(f"{web.url}/webhook/{path}", json={"n": number})
            statuses.append(answer.status_code)
            if number == count // 2:
                halfway.set()

    async def call() -> None:
        async with httpx2.AsyncClient(timeout=60) as http:
            await asyncio.gather(*(caller(http) for _ in range(8)))

    # In this thread: a server ends with the thread that started it.
    calling = threading.Thread(target=asyncio.run, args=(call(),))
    calling.start()
    halfway.wait(60)
    disturb()
    calling.join()
    return statuses


def test_nothing_is_lost_when_redis_is_emptied_and_when_it_is_away(
    shared: Cluster, redis_server: RedisServer, service: CountingServer
) -> None:
    web, _worker = shared.web(), shared.worker()
    assert load(web, "call", 80, redis_server.wipe) == [200] * 80
    redis_server.stop()
    try:
        began = time.monotonic()
        assert post(web, "call", {"n": 1000}).json() == {"n": 1000}
        assert time.monotonic() - began < 8
    finally:
        redis_server.start()
    assert load(web, "call", 40, lambda: None) == [200] * 40
    assert shared.count("name = 'call' AND status = 'succeeded'") == 121
    assert len(service.seen) == len(set(service.seen)) + 40, "the second forty repeat numbers of the first"


def test_callers_wait_while_postgresql_restarts(
    tmp_path: Path, own_postgres: PostgresServer, redis_server: RedisServer, project: Path
) -> None:
    with cluster(tmp_path, own_postgres, redis_server.url, project) as made:
        web, _worker, _scheduler = made.web(), made.worker(), made.scheduler()
        assert load(web, "call", 40, own_postgres.restart) == [200] * 40
        until(lambda: made.count("name = 'call' AND status = 'succeeded'") == 40, 10)
