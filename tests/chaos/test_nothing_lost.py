"""The proof of durable runs at a small size; `make prove-durable` runs it at full size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from tests.chaos.durable.counting import Arrival
from tests.chaos.durable.judging import Evidence, KeptRun, Kill, judge
from tests.chaos.durable.mutants import MUTANTS, mutate
from tests.chaos.durable.on_postgres import LAST_SITES, OnPostgres
from tests.chaos.durable.proof import prove_kill_at, prove_random_kills
from tests.chaos.durable.scaled import Scaled
from tests.servers.postgres import FOLDERS, PostgresServer
from tests.servers.redis import PROGRAM

CUT_OFF = Arrival("r1", "keyed", "k", 10.0, None)
ANSWERED = Arrival("r1", "keyed", "k", 10.0, 10.1)
AGAIN = Arrival("r1", "keyed", "k", 15.0, 15.1)
LAST = Arrival("r1", "last", "", 16.0, 16.1)
KILL = Kill(13.0, 13.1)


def complaints(arrivals: Sequence[Arrival], kills: Sequence[Kill] = (), **other: object) -> list[str]:
    """What the judge says of one run `r1` of the workflow `keyed`."""
    evidence: dict[str, object] = {
        "accepted": ["r1"],
        "kept": [KeptRun("r1", "keyed", "succeeded")],
        "stored": {"r1": 1},
        "concurrency": 1,
    }
    return judge(Evidence(arrivals=arrivals, kills=kills, **(evidence | other))).violations  # type: ignore[arg-type]


def test_a_call_that_a_kill_cut_off_may_be_repeated() -> None:
    assert complaints([CUT_OFF, AGAIN, LAST], [KILL]) == []


@pytest.mark.parametrize(
    ("arrivals", "kills", "other", "complaint"),
    [
        ([ANSWERED, AGAIN, LAST], [KILL], {}, "no kill cut the first call off"),
        ([CUT_OFF, AGAIN, LAST], [], {}, "no kill cut the first call off"),
        ([CUT_OFF, AGAIN, AGAIN, LAST], [KILL], {}, "2 repeats are more than"),
        ([ANSWERED], [], {}, "succeeded without all effects"),
        ([ANSWERED, LAST], [], {"stored": {}}, "succeeded without all effects"),
        ([ANSWERED, LAST], [], {"stored": {"r1": 2}}, "stored more than once"),
        ([], [], {"kept": []}, "accepted, and not in the journal"),
        ([ANSWERED, LAST], [], {"kept": [KeptRun("r1", "keyed", "running")]}, "neither ended nor in doubt"),
        ([CUT_OFF], [KILL], {"kept": [KeptRun("r1", "keyed", "in_doubt")]}, "in doubt without a call"),
        (
            [CUT_OFF, Arrival("r1", "keyed", "other", 15.0, 15.1), LAST],
            [KILL],
            {},
            "repeated with another key",
        ),
    ],
)
def test_the_judge_objects(
    arrivals: list[Arrival], kills: list[Kill], other: dict[str, object], complaint: str
) -> None:
    assert any(complaint in said for said in complaints(arrivals, kills, **other))


def test_the_judge_objects_to_a_repeat_of_what_may_not_be_repeated() -> None:
    first, again = Arrival("r1", "never", "", 10.0, None), Arrival("r1", "never", "", 15.0, 15.1)
    said = complaints([first, again, LAST], [KILL], kept=[KeptRun("r1", "never", "succeeded")])
    assert any("never repeats" in one for one in said)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutation_still_fits_the_source(mutant: object, tmp_path: Path) -> None:
    mutate(mutant, tmp_path)  # type: ignore[arg-type]  # `make prove-durable` runs the proof over it


@pytest.mark.skipif(not FOLDERS or PROGRAM is None, reason="needs PostgreSQL and redis-server on this machine")
def test_nothing_is_lost_when_workers_over_postgresql_and_redis_are_killed(tmp_path: Path) -> None:
    verdict = prove_random_kills(tmp_path, runs=40, kills=1, seed=1, concurrency=12, subject=Scaled)
    assert verdict.violations == []
    assert verdict.figures["accepted"] == 40


def test_nothing_is_lost_by_kills_at_random(tmp_path: Path) -> None:
    verdict = prove_random_kills(tmp_path, runs=60, kills=2, seed=1, concurrency=12)
    assert verdict.violations == []
    assert verdict.figures["accepted"] == 60
    assert verdict.figures["kills"] == 2


@pytest.mark.parametrize(
    "point",
    [{"kill_before": "journal.begin_step"}, {"kill_after": "journal.begin_step"}, {"kill_before": "#16"}],
    ids=str,
)
def test_nothing_is_lost_by_a_kill_at_a_write(point: dict[str, str], tmp_path: Path) -> None:
    verdict = prove_kill_at(tmp_path, point, runs=3)
    assert verdict.violations == []
    assert verdict.figures["kills"] == 1


@pytest.mark.parametrize(
    "point", [{"kill_after": "journal.start_run"}, {"kill_before": "journal.finish_step"}], ids=str
)
def test_nothing_is_lost_by_a_kill_at_a_write_to_postgresql(
    point: dict[str, str], tmp_path: Path, postgres: PostgresServer
) -> None:
    verdict = prove_kill_at(tmp_path, point, runs=3, subject=lambda *given: OnPostgres(*given, postgres))
    assert verdict.violations == []
    assert verdict.figures["kills"] == 1


@pytest.mark.parametrize("when", ["kill_before", "kill_after"])
@pytest.mark.parametrize("site", sorted(LAST_SITES))
def test_nothing_is_lost_by_a_kill_at_the_last_writes_of_a_process_that_ends(
    when: str, site: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    made = partial(OnPostgres, server=postgres)
    verdict = prove_kill_at(tmp_path, {when: site}, runs=3, subject=made, ending=True)
    assert verdict.violations == []
    assert verdict.figures["accepted"] == 3
    assert verdict.figures["kills"] == 1
