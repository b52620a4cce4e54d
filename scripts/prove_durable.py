"""`make prove-durable`: nothing is lost and nothing doubled in silence, whatever is killed.

1. Runs with three counted effects each, and kills -9 at random moments (seeded; `--seed` replays them): embedded, then
   over PostgreSQL and Redis with a web process, a scheduler and three workers, which are also frozen now and then.
2. A kill before and after every single write of a few runs, and at each kind of write over PostgreSQL, also
   at those of a process that is asked to end.
3. Mutations of the source, each of which must make the proof fail.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.durable.embedded import Embedded
from tests.chaos.durable.judging import Verdict
from tests.chaos.durable.mutants import MUTANTS, notices
from tests.chaos.durable.on_postgres import LAST_SITES, OnPostgres
from tests.chaos.durable.proof import Subject, prove_kill_at, prove_random_kills, trace_writes
from tests.chaos.durable.scaled import Scaled
from tests.servers.postgres import PostgresServer

RUNS_AT_A_POINT = 3
KILLS = ("kill_before", "kill_after")
LONGEST_COMPLAINT = 2000


def say(what: str, verdict: Verdict) -> bool:
    """Print a verdict; whether everything held."""
    figures = ", ".join(f"{name} {value}" for name, value in verdict.figures.items())
    print(f"{what}: {figures}", flush=True)
    for violation in verdict.violations:
        print(f"  VIOLATION {violation}", flush=True)
    return not verdict.violations


def prove_random(home: Path, wanted: argparse.Namespace) -> bool:
    """Kill at random; whether everything held."""
    home.mkdir()
    subject = Scaled if home.name == "scaled" else None
    sizes = {"runs": wanted.runs, "kills": wanted.kills, "seed": wanted.seed, "concurrency": wanted.concurrency}
    return say(f"{home.name}, seed {wanted.seed}", prove_random_kills(home, **sizes, subject=subject))


def prove_points(home: Path, every: int) -> bool:
    """Kill at each write in turn; whether everything held."""
    writes = len(trace_writes(home / "trace", runs=RUNS_AT_A_POINT))
    points = [{when: f"#{number}"} for number in range(1, writes + 1, every) for when in KILLS]
    return _prove_each("kill at each write", home, points, Embedded)


def prove_points_on_postgres(home: Path) -> bool:
    """Kill at each kind of write of the journal and its leases over PostgreSQL; whether everything held."""
    server = PostgresServer(durable=True)
    server.create()

    def make(folder: Path, project: Path, point: dict[str, str]) -> OnPostgres:
        return OnPostgres(folder, project, point, server)

    try:
        traced = trace_writes(home / "trace-postgres", runs=RUNS_AT_A_POINT, subject=make)
        sites = sorted({site for site in traced if site.startswith(("journal.", "lease.", "node."))})
        points = [{when: site} for site in sites for when in KILLS]
        print(f"sites over PostgreSQL: {', '.join(sites)}", flush=True)
        return _prove_each("kill at each kind of write over PostgreSQL", home / "postgres", points, make)
    finally:
        server.end()


def _prove_each(
    what: str, home: Path, points: list[dict[str, str]], make: Callable[[Path, Path, dict[str, str]], Subject]
) -> bool:
    """Kill at some points, each in a folder of its own; whether everything held."""
    held = killed = 0
    for number, point in enumerate(points):
        folder = home / f"point-{number}"
        folder.mkdir(parents=True)
        ending = not LAST_SITES.isdisjoint(point.values())
        verdict = prove_kill_at(folder, point, runs=RUNS_AT_A_POINT, subject=make, ending=ending)
        killed += bool(verdict.figures["kills"])
        held += not verdict.violations
        if verdict.violations:
            say(f"{point} (in {folder})", verdict)
    print(f"{what}: {len(points)} points, {killed} killed, {held} held", flush=True)
    return held == len(points)


def prove_mutants(home: Path) -> bool:
    """Whether the proof fails over each mutation."""
    unnoticed = 0
    for number, mutant in enumerate(MUTANTS):
        noticed, said = notices(mutant, home / f"mutant-{number}")
        unnoticed += not noticed
        print(f"mutation: {mutant.name}: {'the proof fails, as it must' if noticed else 'NOT NOTICED'}", flush=True)
        if not noticed:
            print(said[-LONGEST_COMPLAINT:], flush=True)
    return not unnoticed


def main() -> None:
    """Prove; the exit status is the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--concurrency", type=int, default=32, help="most runs that are open at once")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="part 2: every n-th write only")
    parser.add_argument("--no-embedded", action="store_true", help="part 1 without the embedded half")
    parser.add_argument("--no-scaled", action="store_true", help="part 1 without PostgreSQL and Redis")
    parser.add_argument("--no-points", action="store_true", help="without part 2")
    parser.add_argument("--no-mutants", action="store_true", help="without part 3")
    wanted = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="prove-durable-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        held = wanted.no_embedded or prove_random(home / "embedded", wanted)
        held = (wanted.no_scaled or prove_random(home / "scaled", wanted)) and held
        held = (wanted.no_points or prove_points(home, wanted.every)) and held
        held = (wanted.no_points or wanted.no_scaled or prove_points_on_postgres(home)) and held
        held = (wanted.no_mutants or prove_mutants(home)) and held
    print(f"{'proven' if held else 'NOT PROVEN'} in {time.monotonic() - began:.0f} s")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
