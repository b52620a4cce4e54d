"""Rate limits that several processes share, in Redis. Without Redis each process counts for itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from tapbot.access.rate_limit import SECONDS_A_MINUTE, InProcessRateLimit, RateLimit
from tapbot.errors import TooMany
from tapbot.storage.cache import Redis, RedisError, connect
from tapbot.telemetry import logger

LOG = logger("access")
REST_SECONDS = 2.0
"""How long Redis is left alone after it did not answer: nobody should wait for it at each request."""

# Redis' own clock counts, so that processes need not agree on theirs. Gives the milliseconds to wait, 0 for none.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local burst, each_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'since')
local tokens = tonumber(kept[1]) or burst
tokens = math.min(burst, tokens + (now - (tonumber(kept[2]) or now)) / each_ms)
if tokens < 1 then return math.ceil((1 - tokens) * each_ms) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - 1), 'since', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens + 1) * each_ms) + 1000)
return 0
"""


class SharedLimits:
    """Makes limits over one Redis (`access.rate_limit.MakeLimit`).

    Args:
        url: Of Redis; it may hold a password.
        clock_seconds: A clock that only goes forward, for what is counted here while Redis is gone.
    """

    def __init__(self, url: str, *, clock_seconds: Callable[[], float] = time.monotonic) -> None:
        self.redis = connect(url)
        self.clock_seconds = clock_seconds
        self.rests_until = 0.0

    def __call__(self, name: str, per_minute: float, *, message: str, burst: int | None = None) -> RateLimit:
        """See `MakeLimit`."""
        here = InProcessRateLimit(per_minute, clock_seconds=self.clock_seconds, message=message, burst=burst)
        return SharedRateLimit(self, name, per_minute, burst or max(1, int(per_minute)), message, here)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self.redis.aclose()


class SharedRateLimit:
    """See `RateLimit`."""

    def __init__(
        self, limits: SharedLimits, name: str, per_minute: float, burst: int, message: str, here: InProcessRateLimit
    ) -> None:
        self._limits = limits
        self._name = name
        self._burst = burst
        self._each_ms = SECONDS_A_MINUTE * 1000 / per_minute
        self._message = message
        self._here = here

    async def take(self, key: str) -> None:
        """See `RateLimit.take`."""
        wait_ms = await self._ask(self._limits.redis, f"tapbot:limit:{self._name}:{key}")
        if wait_ms is None:
            self._here.take_now(key)
        elif wait_ms:
            raise TooMany(self._message, retry_after_seconds=wait_ms / 1000, code="access.rate_limited")

    async def _ask(self, redis: Redis, bucket: str) -> int | None:
        """Milliseconds to wait, as Redis says; `None` when it does not answer."""
        now = self._limits.clock_seconds()
        if now < self._limits.rests_until:
            return None
        try:
            return int(await redis.eval(TAKE, 1, bucket, str(self._burst), str(self._each_ms)))
        except (RedisError, OSError, TimeoutError) as error:
            self._limits.rests_until = self._limits.clock_seconds() + REST_SECONDS
            LOG.warning("rate limits are counted in this process alone", error=type(error).__name__)
            return None
