"""The emulator's count of how fast a bot sends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tapbot.emulators.telegram.pace import ALL_A_SECOND, GROUP_A_MINUTE, Pace


def test_a_chat_takes_one_message_a_second_and_a_group_twenty_a_minute() -> None:
    pace = Pace(enforced=True)
    assert [pace.take(at, 7, is_group=False) for at in (0.0, 0.4, 1.0)] == [0, 1, 0]
    assert [pace.take(2.0 + n, -1, is_group=True) for n in range(GROUP_A_MINUTE)] == [0] * GROUP_A_MINUTE
    assert pace.take(30.0, -1, is_group=True) == 32
    assert pace.take(62.0, -1, is_group=True) == 0
    assert (pace.sent, pace.refused) == (GROUP_A_MINUTE + 3, 2)


def test_what_is_not_enforced_is_counted() -> None:
    pace = Pace()
    assert [pace.take(0.1, chat, is_group=False) for chat in (*range(40), 0)] == [0] * 41
    shown = pace.show()
    assert (shown["most_in_a_second"], shown["most_in_a_second_in_a_chat"]) == (41, 2)


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), max_size=200))
def test_an_enforced_pace_is_never_exceeded(sends: list[tuple[float, int]]) -> None:
    pace = Pace(enforced=True)
    for at, chat in sorted(sends):
        pace.take(at, chat, is_group=False)
    assert pace.all.most <= ALL_A_SECOND
    assert all(window.most <= 1 for window in pace.chats.values())
