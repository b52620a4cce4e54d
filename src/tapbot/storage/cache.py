"""A connection to Redis, for live events and rate limits. What is in it may be lost at any time."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import RedisError

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 1.0

__all__ = ["Redis", "RedisError", "connect"]


def connect(url: str, *, silence_seconds: float | None = ANSWER_SECONDS) -> Redis:
    """A client that is not connected yet.

    Args:
        silence_seconds: Longest wait for an answer; `None` for a subscriber, who waits for what others say.
    """
    client: Redis = Redis.from_url(
        url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=silence_seconds, health_check_interval=5
    )
    return client
