"""Before a process reaches out it knows that its leases hold."""

from __future__ import annotations

import asyncio

from tapbot.workflow.holding import Holding


async def test_where_nothing_is_renewed_everything_holds() -> None:
    assert await Holding().holds("r1")


async def test_after_a_pause_a_call_waits_until_it_is_known_who_holds_the_run() -> None:
    now = [0.0]
    holding = Holding(clock=lambda: now[0])
    holding.renewed(["mine", "lost"], holding.now, 5.5)
    assert await holding.holds("mine")
    now[0] = 60.0
    mine, lost = asyncio.ensure_future(holding.holds("mine")), asyncio.ensure_future(holding.holds("lost"))
    await asyncio.sleep(0)
    assert not mine.done()
    holding.renewed(["mine"], holding.now, 5.5)
    assert (await mine, await lost) == (True, False)


async def test_a_renewal_that_was_asked_for_too_long_ago_says_nothing() -> None:
    now = [0.0]
    holding = Holding(clock=lambda: now[0])
    holding.renewed([], 0.0, 5.5)
    now[0] = 20.0
    waiting = asyncio.ensure_future(holding.holds("mine"))
    await asyncio.sleep(0)
    holding.renewed(["mine"], 10.0, 5.5)
    await asyncio.sleep(0)
    assert not waiting.done()
    holding.renewed(["mine"], 20.0, 5.5)
    assert await waiting
