"""How fast a bot sends, as the emulator counts it, and the 429 of a bot that is too fast."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

ALL_A_SECOND = 30
CHAT_A_SECOND = 1
GROUP_A_MINUTE = 20
"""https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""
SHORTEST_WAIT_SECONDS = 0.001
UNCOUNTED = frozenset({"sendChatAction"})
COUNTED = ("send", "forward", "copy")


@dataclass
class Window:
    """What was sent within the last seconds.

    Args:
        most: The highest number that was ever in it.
    """

    seconds: float
    limit: int
    times: deque[float] = field(default_factory=deque)
    most: int = 0

    def wait_seconds(self, at: float) -> float:
        """How long until one more keeps to the limit."""
        while self.times and self.times[0] <= at - self.seconds:
            self.times.popleft()
        if len(self.times) < self.limit:
            return 0.0
        return max(self.times[-self.limit] + self.seconds - at, SHORTEST_WAIT_SECONDS)

    def add(self, at: float) -> None:
        """One more."""
        self.times.append(at)
        self.most = max(self.most, len(self.times))


@dataclass
class Pace:
    """The pace of one bot.

    Args:
        enforced: Whether what is too fast is refused; it is counted in any case.
    """

    enforced: bool = False
    sent: int = 0
    refused: int = 0
    all: Window = field(default_factory=lambda: Window(1, ALL_A_SECOND))
    chats: dict[int, Window] = field(default_factory=dict)
    groups: dict[int, Window] = field(default_factory=dict)

    def take(self, at: float, chat_id: int, *, is_group: bool) -> int:
        """Count a message; or, if that is enforced and it comes too early, give the seconds to wait."""
        windows = [self.all, self._window(chat_id, is_group=is_group)]
        wait = max(window.wait_seconds(at) for window in windows)
        if wait > 0 and self.enforced:
            self.refused += 1
            return max(1, math.ceil(wait))
        self.sent += 1
        for window in windows:
            window.add(at)
        return 0

    def show(self) -> dict[str, Any]:
        """The counts, each with its limit."""
        return {
            "enforced": self.enforced,
            "sent": self.sent,
            "refused": self.refused,
            "most_in_a_second": self.all.most,
            "most_in_a_second_in_a_chat": max((window.most for window in self.chats.values()), default=0),
            "most_in_a_minute_in_a_group": max((window.most for window in self.groups.values()), default=0),
        }

    def _window(self, chat_id: int, *, is_group: bool) -> Window:
        if is_group:
            return self.groups.setdefault(chat_id, Window(60, GROUP_A_MINUTE))
        return self.chats.setdefault(chat_id, Window(1, CHAT_A_SECOND))


def is_counted(method: str) -> bool:
    """Whether a method sends messages. An album counts as one, as do several messages that are forwarded at once."""
    return method.startswith(COUNTED) and method not in UNCOUNTED
