"""Rate limits by key, with bounded memory."""

import pytest

from tapbot.access.rate_limit import InProcessRateLimit
from tapbot.errors import TooMany


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_minutes_worth_may_come_at_once_and_then_one_at_a_time(clock: Clock) -> None:
    limit = InProcessRateLimit(6, clock_seconds=clock, message="slowly")
    for _ in range(6):
        limit.take_now("a")
    with pytest.raises(TooMany, match="slowly") as caught:
        limit.take_now("a")
    assert caught.value.retry_after_seconds == pytest.approx(10)
    limit.take_now("b")
    clock.seconds += 10
    limit.take_now("a")
    with pytest.raises(TooMany):
        limit.take_now("a")


def test_a_refused_try_does_not_prolong_the_wait(clock: Clock) -> None:
    limit = InProcessRateLimit(1, clock_seconds=clock, message="slowly")
    limit.take_now("a")
    for _ in range(50):
        with pytest.raises(TooMany):
            limit.take_now("a")
    clock.seconds += 60
    limit.take_now("a")


def test_full_buckets_are_forgotten(clock: Clock) -> None:
    limit = InProcessRateLimit(60, clock_seconds=clock, message="slowly")
    for number in range(100):
        limit.take_now(str(number))
    clock.seconds += 1
    limit.take_now("next")
    assert limit.keys_held == 1


def test_a_flood_of_keys_does_not_fill_the_memory(clock: Clock) -> None:
    limit = InProcessRateLimit(1, clock_seconds=clock, message="slowly", most_keys=50)
    for number in range(1000):
        limit.take_now(str(number))
    assert limit.keys_held == 50
    with pytest.raises(TooMany):
        limit.take_now("999")
