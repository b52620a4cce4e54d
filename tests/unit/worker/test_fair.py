"""Slots are shared fairly: projects take turns, and none of them takes all."""

from __future__ import annotations

import asyncio

from tapbot.storage.types import Scope
from tapbot.worker.dispatch import Job
from tapbot.worker.fair import FairSlots
from tapbot.worker.lane import Lane

FLOOD, QUIET = Scope("flood", "dev"), Scope("quiet", "dev")


def test_projects_take_turns_when_slots_are_scarce() -> None:
    slots, begun = FairSlots(1), []
    for number in range(3):
        slots.add(FLOOD, lambda number=number: begun.append(("flood", number)))
    for number in range(2):
        slots.add(QUIET, lambda number=number: begun.append(("quiet", number)))
    for scope in (FLOOD, FLOOD, QUIET, FLOOD):
        slots.give_back(scope)
    assert begun == [("flood", 0), ("flood", 1), ("quiet", 0), ("flood", 2), ("quiet", 1)]


def test_a_flood_leaves_a_place_for_a_newcomer() -> None:
    slots, begun = FairSlots(10), []
    for _ in range(100):
        slots.add(FLOOD, lambda: begun.append("flood"))
    assert begun == ["flood"] * 8
    slots.add(QUIET, lambda: begun.append("quiet"))
    assert begun[-1] == "quiet"
    assert slots.waiting(FLOOD) == 92
    assert slots.waiting() == 92


async def test_whoever_stops_waiting_costs_no_slot() -> None:
    slots = FairSlots(1)
    async with slots.slot(FLOOD):
        impatient = asyncio.ensure_future(_hold(slots))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait([impatient])
    async with asyncio.timeout(5), slots.slot(FLOOD):
        assert slots.free == 0
    assert slots.free == 1


async def _hold(slots: FairSlots) -> None:
    async with slots.slot(FLOOD):
        pass


async def test_a_flood_of_one_project_does_not_hold_up_a_message_of_another() -> None:
    order: list[str] = []

    async def work(job: Job) -> None:
        await asyncio.sleep(0.005)
        order.append(job.scope.project_id)

    lane: Lane[Job] = Lane("test", work, FairSlots(4))
    async with asyncio.TaskGroup() as group:
        lane.open(group)
        for number in range(200):
            lane.wake(Job("turn", str(number), FLOOD))
        lane.wake(Job("turn", "mine", QUIET))
    assert order.index("quiet") <= 8


async def test_a_key_that_is_woken_while_it_is_worked_on_is_worked_on_once_more() -> None:
    job, begun, go_on = Job("run", "1", FLOOD), [], asyncio.Event()

    async def work(job: Job) -> None:
        begun.append(job)
        await go_on.wait()

    lane: Lane[Job] = Lane("test", work, FairSlots(4))
    lane.wake(job)  # before it opens
    async with asyncio.TaskGroup() as group:
        lane.open(group)
        await asyncio.sleep(0)
        lane.wake(job)
        lane.wake(job)
        assert len(begun) == 1
        go_on.set()
    assert begun == [job, job]


def test_within_a_project_what_is_urgent_goes_first_and_nothing_waits_for_ever() -> None:
    now, begun = [0.0], []
    slots = FairSlots(1, clock=lambda: now[0])
    slots.add(FLOOD, lambda: None)
    for name, priority, moment in (("last", 9, 0.0), ("usual", 5, 1.0), ("urgent", 1, 2.0), ("later", 1, 241.0)):
        now[0] = moment
        slots.add(FLOOD, lambda name=name: begun.append(name), priority)
    for _ in range(4):
        slots.give_back(FLOOD)
    assert begun == ["urgent", "usual", "last", "later"]
