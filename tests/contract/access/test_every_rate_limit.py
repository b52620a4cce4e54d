"""What every rate limit promises, in one process and over Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.servers.redis import RedisServer

from tapbot.access.rate_limit import MakeLimit, in_process_limits
from tapbot.access.shared_rate_limit import SharedLimits
from tapbot.errors import TooMany


@pytest.fixture(params=["in process", "redis"])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[MakeLimit]:
    if request.param == "in process":
        yield in_process_limits(time.monotonic)
        return
    shared = SharedLimits(request.getfixturevalue("redis_server").url)
    yield shared
    await shared.aclose()


async def test_a_burst_may_come_at_once_and_then_one_at_a_time(limits: MakeLimit) -> None:
    limit = limits(uuid4().hex, 600, message="slowly", burst=3)
    for _ in range(3):
        await limit.take("a")
    with pytest.raises(TooMany, match="slowly") as caught:
        await limit.take("a")
    assert 0 < caught.value.retry_after_seconds <= 0.1
    await limit.take("b")
    await asyncio.sleep(0.11)
    await limit.take("a")


async def test_a_minutes_worth_is_the_burst_when_none_is_given(limits: MakeLimit) -> None:
    limit = limits(uuid4().hex, 6, message="slowly")
    for _ in range(6):
        await limit.take("a")
    with pytest.raises(TooMany) as caught:
        await limit.take("a")
    assert caught.value.retry_after_seconds == pytest.approx(10, abs=1)


async def test_a_refused_try_does_not_prolong_the_wait(limits: MakeLimit) -> None:
    limit = limits(uuid4().hex, 600, message="slowly", burst=1)
    await limit.take("a")
    for _ in range(20):
        with pytest.raises(TooMany):
            await limit.take("a")
    await asyncio.sleep(0.11)
    await limit.take("a")


async def test_processes_share_one_bucket_over_redis(redis_server: RedisServer) -> None:
    one, other = SharedLimits(redis_server.url), SharedLimits(redis_server.url)
    name = uuid4().hex
    await one(name, 1, message="slowly").take("a")
    with pytest.raises(TooMany):
        await other(name, 1, message="slowly").take("a")
    await one.aclose()
    await other.aclose()


async def test_without_redis_each_process_counts_for_itself() -> None:
    limits = SharedLimits("redis://127.0.0.1:1/0")
    limit = limits("any", 1, message="slowly")
    await limit.take("a")
    with pytest.raises(TooMany):
        await limit.take("a")
    await limits.aclose()
