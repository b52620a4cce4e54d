"""A taskiq broker over one Redis stream: trimmed, read by a consumer group, and made again when Redis was emptied."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from taskiq import AckableMessage, AsyncBroker
from taskiq_redis import RedisStreamBroker

from tapbot.worker.broker import is_cancelled

FAILURES: tuple[type[Exception], ...] = (RedisError,)
STREAM = "tapbot:jobs"
GROUP = "workers"
MOST_ENTRIES = 20_000
BLOCK_MS = 2000
FETCHED_AT_ONCE = 16
TIMEOUT_SECONDS = 5.0


class TrimmedStream(RedisStreamBroker):
    """taskiq's own reads entries that nobody acknowledged again, under a lock; ours are received once and forgotten."""

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """Jobs as they come. They are acknowledged by being read (`NOACK`)."""
        async with Redis(connection_pool=self.connection_pool) as redis:
            while not is_cancelled():
                try:
                    fetched: Any = await redis.xreadgroup(
                        self.consumer_group_name,
                        self.consumer_name,
                        {self.queue_name: ">"},
                        block=self.block,
                        count=self.count,
                        noack=True,
                    )
                except ResponseError as error:
                    if "NOGROUP" not in str(error):
                        raise
                    await self._declare_consumer_group()  # Redis was emptied
                    continue
                for _stream, entries in fetched or ():
                    for _entry_id, entry in entries:
                        yield AckableMessage(data=entry[b"data"], ack=_acknowledged)


async def _acknowledged() -> None:
    """Nothing is left to do."""


def make_broker(url: str) -> AsyncBroker:
    """A broker that is not connected yet."""
    return TrimmedStream(
        url,
        queue_name=STREAM,
        consumer_group_name=GROUP,
        consumer_id="0",  # what was published before the first worker came counts too
        maxlen=MOST_ENTRIES,
        xread_block=BLOCK_MS,
        xread_count=FETCHED_AT_ONCE,
        max_connection_pool_size=4,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )
