"""How fast messages follow each other: never faster than the channel allows, in any second and in any minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tapbot.access.rate_limit import in_process_limits
from tapbot.channels.telegram.keyboard import LIMITS
from tapbot.storage.types import Scope
from tapbot.worker.outbox import Chat, Pace


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


class Telegram:
    """All of a channel that matters here."""

    name = "telegram"
    limits = LIMITS


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(start <= time < start + seconds for time in times) for start in times)


async def send_eagerly(chats: list[str], until_seconds: float) -> list[float]:
    """Send to each chat again as soon as that is allowed; gives the times."""
    clock, channel = Clock(), Telegram()
    pace = Pace(in_process_limits(clock))
    any_channel: Any = channel
    sent, next_try = [], dict.fromkeys(chats, 0.0)
    while (soonest := min(next_try, key=lambda chat: next_try[chat])) and next_try[soonest] < until_seconds:
        clock.seconds = max(clock.seconds, next_try[soonest])
        wait = await pace.wait_seconds(Chat(Scope("p", "dev"), "taxi", "telegram", soonest), any_channel)
        if wait == 0:
            sent.append(clock.seconds)
        next_try[soonest] = clock.seconds + max(wait, 0.001)
    return sent


@pytest.mark.parametrize(
    ("chats", "seconds", "most", "until"),
    [(["-100"], 60.0, 20, 200.0), ([str(n) for n in range(60)], 1.0, 30, 4.0)],
    ids=["20 a minute to a group", "30 a second over all"],
)
async def test_no_limit_of_telegram_is_ever_passed(chats: list[str], seconds: float, most: int, until: float) -> None:
    times = await send_eagerly(chats, until)
    assert most_within(times, seconds) <= most
    assert len(times) >= 0.8 * most * until / seconds, "nor is much of it given away"
