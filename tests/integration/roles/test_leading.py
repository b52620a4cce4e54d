"""Of several schedulers one leads, and what happens by the clock happens once."""

from __future__ import annotations

import itertools
import re
import time
from datetime import datetime, timedelta

from tests.integration.roles.cluster import Cluster, Process, until

TICKS = "SELECT created_at FROM runs WHERE name = 'tick' ORDER BY created_at"


def leader_of(shared: Cluster, schedulers: list[Process]) -> Process:
    """The process that holds the leader's lease."""
    until(lambda: shared.rows("SELECT holder FROM leases WHERE name = 'leader'"))
    pid = int(shared.rows("SELECT holder FROM leases WHERE name = 'leader'")[0][0].split("-")[-2])
    return next(one for one in schedulers if one.child.pid == pid)


def ticks(shared: Cluster) -> list[datetime]:
    return [datetime.fromisoformat(re.sub(r"\+00$", "+00:00", row[0])) for row in shared.rows(TICKS)]


def test_schedules_fire_once_also_when_the_leader_is_killed(shared: Cluster) -> None:
    shared.web()
    schedulers = [shared.scheduler() for _ in range(3)]
    until(lambda: len(ticks(shared)) >= 2)
    leader = leader_of(shared, schedulers)
    assert sum(one.said('"event": "leading"') for one in schedulers) == 1
    leader.kill()
    killed_at = time.monotonic()
    before = len(ticks(shared))
    until(lambda: len(ticks(shared)) >= before + 3, 15)
    assert time.monotonic() - killed_at < 13, "another one leads within ten seconds"
    assert leader_of(shared, [one for one in schedulers if one is not leader]) is not leader
    fired = ticks(shared)
    seconds = [moment.replace(microsecond=0) for moment in fired]
    assert len(set(seconds)) == len(seconds), "no second fired twice"
    gaps = [later - earlier for earlier, later in itertools.pairwise(fired)]
    assert max(gaps) < timedelta(seconds=10)


def test_a_leader_that_stops_hands_over_at_once(shared: Cluster) -> None:
    shared.web()
    schedulers = [shared.scheduler(), shared.scheduler()]
    leader = leader_of(shared, schedulers)
    leader.stop()
    other = next(one for one in schedulers if one is not leader)
    until(lambda: other.said('"event": "leading"'), 4)
