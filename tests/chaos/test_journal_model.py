"""A model of the journal, checked against both databases by random sequences of what several processes may do."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, select, update
from tests.chaos.durable.model import Known, Retry, World
from tests.servers.databases import KINDS

from tapbot.errors import Conflict
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Fence, Group, NewRun, ParkedRun, StaleAttempt
from tapbot.workflow.tables import runs, steps

START = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOLDERS = st.sampled_from(("one", "two"))
EVENTS = ("paid", "signed")
ENDS = st.sampled_from(("succeeded", "failed", "in_doubt"))
ANY = st.integers(0, 10_000)
"""Chooses one of what there is, by its number."""
EXAMPLES = int(os.environ.get("TAPBOT_PROVE_EXAMPLES", "0"))
SIZE = settings(
    max_examples=EXAMPLES or 12,
    derandomize=not EXAMPLES,
    stateful_step_count=40 if EXAMPLES else 25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class JournalMachine(RuleBasedStateMachine):
    """Two holders, runs, and every attempt that ever was: each call must answer as the model says."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.scope = Scope(f"p{next(self.world.numbers)}", "dev")
        self.now = START
        self.runs: dict[str, Known] = {}
        self.fences: list[Fence] = []
        self.events: dict[str, tuple[str | None, bool]] = {}

    # --- beginning ---------------------------------------------------------------------------------------------

    @rule(holder=HOLDERS)
    def begin(self, holder: str) -> None:
        """A process begins a run itself; a second beginning changes nothing."""
        new = self._new()
        assert self.world.write(lambda db: journal.begin_run(db, new, holder=holder))
        assert not self.world.write(lambda db: journal.begin_run(db, new, holder="other"))
        self.runs[new.run_id] = Known("running", 1, holder)
        self.fences.append(Fence(new.run_id, 1))

    @rule(limited=st.booleans())
    def accept(self, limited: bool) -> None:
        """A run is accepted for whoever has time; of the limited ones, one runs at a time."""
        new, groups = self._new(), [Group("one at a time", 1)] if limited else []
        assert self.world.write(lambda db: journal.accept_run(db, new, groups=groups))
        assert not self.world.write(lambda db: journal.accept_run(db, new, groups=groups))
        self.runs[new.run_id] = Known("ready", 0, in_group=limited)

    @precondition(lambda self: self.runs)
    @rule(which=ANY, holder=HOLDERS)
    def claim(self, which: int, holder: str) -> None:
        """Only a ready run can be claimed, and only while its group has a place."""
        run_id, known = self._run(which)
        claimed = self.world.write(lambda db: journal.claim_run(db, run_id, holder=holder, now=self.now))
        if known.status != "ready" or not self._place_for(known):
            assert claimed is None
            return
        assert claimed is not None
        assert claimed[1] == Fence(run_id, known.attempt + 1)
        known.status, known.holder, known.attempt, known.wake_at = "running", holder, known.attempt + 1, None
        known.has_place = known.in_group
        self.fences.append(claimed[1])

    # --- what an attempt writes, be it the present one or one of the past ------------------------------------------

    @precondition(lambda self: self.fences)
    @rule(which=ANY, begun=st.booleans(), failed=st.booleans())
    def take_step(self, which: int, begun: bool, failed: bool) -> None:
        """A step is begun, or recorded at once."""
        fence, known = self._fence(which)
        number = max((int(key[1:]) for key in known.steps), default=0) + 1
        key, status = f"s{number}", "started" if begun else "failed" if failed else "done"
        step = self._step(fence, key, status, number)
        write = journal.begin_step if begun else journal.finish_step
        if self._attempt(fence, lambda db: write(db, fence, step)):
            known.steps[key] = status

    @precondition(lambda self: self.fences)
    @rule(which=ANY)
    def finish_begun_step(self, which: int) -> None:
        """A step that was begun ends."""
        fence, known = self._fence(which)
        key = next((key for key, status in known.steps.items() if status == "started"), None)
        if key is not None:
            step = self._step(fence, key, "done", 0)
            if self._attempt(fence, lambda db: journal.finish_begun_step(db, fence, step)):
                known.steps[key] = "done"

    @precondition(lambda self: self.fences)
    @rule(which=ANY, end=ENDS)
    def finish(self, which: int, end: str) -> None:
        """A run ends."""
        fence, known = self._fence(which)
        if end == "in_doubt" and "started" not in known.steps.values():
            return
        ended: dict[str, Any] = {"status": end, "output": [], "history": None, "error": None, "now": self.now}
        if self._attempt(fence, lambda db: journal.finish_run(db, fence.run_id, fence, **ended)):
            known.rest(end)

    @precondition(lambda self: self.fences)
    @rule(which=ANY, hours=st.integers(1, 3), event=st.sampled_from((None, *EVENTS)))
    def park(self, which: int, hours: int, event: str | None) -> None:
        """A run waits for a time, or for an event that may be there already."""
        fence, known = self._fence(which)
        waiting_run, delivered = self.events.get(event or "", (None, False))
        if waiting_run not in {None, fence.run_id}:
            return  # one run waits for an event
        until = self.now + hours * HOUR
        parked = ParkedRun(fence.run_id, {"format": 1}, {"order": []})
        waits_now = not delivered

        def park(db: Connection) -> None:
            kept = journal.park_run(db, fence, self.scope, parked, [], wake_at=until, event_key=event, now=self.now)
            assert kept is waits_now

        if self._attempt(fence, park):
            known.rest("waiting" if waits_now else "ready")
            known.wake_at = until if waits_now else None
            if event:
                self.events[event] = (fence.run_id, delivered)

    # --- leases and time -----------------------------------------------------------------------------------------

    @precondition(lambda self: self.runs)
    @rule(which=ANY)
    def fall_silent(self, which: int) -> None:
        """A lease runs out by the database's clock."""
        run_id, known = self._run(which)
        lapse = update(runs).where(runs.c.run_id == run_id, runs.c.status == "running").values(lease_until_ms=1)
        self.world.write(lambda db: db.execute(lapse) and None)
        known.lapsed = known.status == "running"

    @rule(holder=HOLDERS)
    def renew(self, holder: str) -> None:
        """A holder keeps what is its own, and nothing else."""
        mine = {run_id for run_id, known in self.runs.items() if known.holder == holder}
        assert set(self.world.write(lambda db: journal.renew_leases(db, holder))) == mine
        for run_id in mine:
            self.runs[run_id].lapsed = False

    @rule()
    def free_lapsed(self) -> None:
        """What fell silent is ready for another."""
        lapsed = {run_id for run_id, known in self.runs.items() if known.lapsed}
        assert set(self.world.write(journal.free_lapsed)) == lapsed
        for run_id in lapsed:
            self.runs[run_id].rest("ready")

    @rule(holder=HOLDERS)
    def stop(self, holder: str) -> None:
        """A process that stops gives back what it works on."""
        mine = {run_id for run_id, known in self.runs.items() if known.holder == holder}
        assert set(self.world.write(lambda db: journal.release_runs(db, holder))) == mine
        for run_id in mine:
            self.runs[run_id].rest("ready")

    @rule(holder=HOLDERS)
    def start_alone(self, holder: str) -> None:
        """A process that is alone with its data folder takes what any other left."""
        for known in self.runs.values():
            if known.holder not in {None, holder}:
                known.rest("ready")
        found = self.world.write(lambda db: journal.free_abandoned_runs(db, [self.scope], holder=holder))
        assert set(found) == {run_id for run_id, known in self.runs.items() if known.status == "ready"}

    @rule(hours=st.integers(0, 2))
    def let_time_pass(self, hours: int) -> None:
        """Timers that are due wake their runs."""
        self.now += hours * HOUR
        due = {
            run_id
            for run_id, known in self.runs.items()
            if known.status == "waiting" and known.wake_at is not None and known.wake_at <= self.now
        }
        assert set(self.world.write(lambda db: journal.due_waits(db, self.now, 100))) == due
        assert {run_id for run_id, _ in self.world.write(lambda db: journal.wake_due(db, self.now, 100))} == due
        for run_id in due:
            self._wake(run_id)

    @rule(event=st.sampled_from(EVENTS))
    def deliver(self, event: str) -> None:
        """An event comes, for a run that waits or will; it counts once."""
        waiting_run, delivered = self.events.get(event, (None, False))
        told = self.world.write(lambda db: journal.deliver(db, self.scope, event, {"n": 1}, now=self.now))
        assert told is not delivered
        if not delivered and waiting_run is not None and self.runs[waiting_run].status == "waiting":
            self._wake(waiting_run)
        self.events[event] = (waiting_run, True)

    # --- what people do ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.runs)
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        """Any run that is not over can be cancelled."""
        run_id, known = self._run(which)
        person: dict[str, Any] = {"actor_id": "ann", "now": self.now}
        if self._person(not known.over, lambda db: journal.cancel_run(db, self.scope, run_id, **person)):
            known.rest("cancelled")
            known.wake_at = None
            self.events = {e: found for e, found in self.events.items() if found != (run_id, False)}

    @precondition(lambda self: self.runs)
    @rule(which=ANY)
    def end_wait(self, which: int) -> None:
        """A person lets a run go on that waits."""
        run_id, known = self._run(which)
        person: dict[str, Any] = {"actor_id": "ann", "now": self.now}
        waiting = known.status == "waiting"
        if self._person(waiting, lambda db: journal.end_wait(db, self.scope, run_id, **person)):
            self._wake(run_id)

    @precondition(lambda self: self.runs)
    @rule(which=ANY)
    def retry_failed_step(self, which: int) -> None:
        """A run that failed goes on; what it recorded stays."""
        run_id, known = self._run(which)
        asked = self._retry("failed_step")
        if self._person(known.status in {"failed", "cancelled"}, lambda db: asked(db, run_id)):
            known.status = "ready"
            newest = max(known.steps, key=lambda key: int(key[1:]), default=None)
            if newest is not None and known.steps[newest] == "failed":
                del known.steps[newest]

    @precondition(lambda self: self.runs)
    @rule(which=ANY)
    def retry_from_the_beginning(self, which: int) -> None:
        """A run that is over is repeated by a new one."""
        run_id, known = self._run(which)
        asked = self._retry("beginning")
        if self._person(known.over, lambda db: asked(db, run_id)):
            self.runs[asked.new_run_id] = Known("ready", 0, in_group=known.in_group)

    @precondition(lambda self: self.runs)
    @rule(which=ANY, decision=st.sampled_from(("happened", "again", "fail")))
    def decide(self, which: int, decision: Any) -> None:
        """A person settles a step in doubt."""
        run_id, known = self._run(which)
        key = next((key for key, status in known.steps.items() if status == "started"), None)
        told: dict[str, Any] = {"decision": decision, "step_key": key, "actor_id": "ann", "now": self.now}
        if self._person(known.status == "in_doubt", lambda db: journal.decide_step(db, self.scope, run_id, **told)):
            assert key is not None
            known.status = "failed" if decision == "fail" else "ready"
            if decision == "happened":
                known.steps[key] = "done"
            if decision == "again":
                del known.steps[key]

    # --- what must always hold -----------------------------------------------------------------------------------

    @invariant()
    def the_database_is_as_the_model_says(self) -> None:
        """Every run and step; and whoever asks for work is told of what can be claimed."""

        def look(db: Connection) -> tuple[dict[str, Any], dict[str, Any], set[str]]:
            rows = db.execute(select(runs.c.run_id, runs.c.status, runs.c.attempt, runs.c.lease_holder)).all()
            kept = db.execute(select(steps.c.run_id, steps.c.step_key, steps.c.status)).all()
            offered = {run_id for run_id, _ in journal.ready_runs(db, 100, [self.scope])}
            return {row[0]: tuple(row[1:]) for row in rows}, {tuple(row[:2]): row[2] for row in kept}, offered

        found, found_steps, offered = self.world.write(look)
        assert found == {run_id: (known.status, known.attempt, known.holder) for run_id, known in self.runs.items()}
        assert found_steps == {
            (run_id, key): status for run_id, known in self.runs.items() for key, status in known.steps.items()
        }
        claimable = {r for r, known in self.runs.items() if known.status == "ready" and self._place_for(known)}
        assert offered == claimable

    def teardown(self) -> None:
        """Forget the example."""
        self.world.forget()

    # --- helpers of the rules ------------------------------------------------------------------------------------

    def _new(self) -> NewRun:
        return NewRun(
            run_id=str(uuid.uuid4()),
            scope=self.scope,
            release="r1",
            kind="workflow",
            workflow_id="w",
            name="w",
            trigger_node="t",
            mode="manual",
            input=[],
            clock=self.now,
            seed=1,
            created_at=self.now,
        )

    def _run(self, which: int) -> tuple[str, Known]:
        return list(self.runs.items())[which % len(self.runs)]

    def _fence(self, which: int) -> tuple[Fence, Known]:
        fence = self.fences[which % len(self.fences)]
        return fence, self.runs[fence.run_id]

    def _attempt(self, fence: Fence, change: Callable[[Connection], None]) -> bool:
        """Write as an attempt: refused exactly when it no longer holds its run."""
        known = self.runs[fence.run_id]
        if known.status == "running" and known.attempt == fence.attempt:
            self.world.write(change)
            return True
        with pytest.raises(StaleAttempt):
            self.world.write(change)
        return False

    def _person(self, allowed: bool, change: Callable[[Connection], Any]) -> bool:
        """Do what a person asks for: a conflict exactly when the run is not in the state for it."""
        if allowed:
            self.world.write(change)
            return True
        with pytest.raises(Conflict):
            self.world.write(change)
        return False

    def _retry(self, start: Any) -> Retry:
        return Retry(start, self.scope, str(uuid.uuid4()), self.now)

    def _wake(self, run_id: str) -> None:
        self.runs[run_id].status, self.runs[run_id].wake_at = "ready", None

    def _place_for(self, known: Known) -> bool:
        return not (known.in_group and any(other.has_place for other in self.runs.values()))

    def _step(self, fence: Fence, key: str, status: str, position: int) -> dict[str, Any]:
        return {
            "project_id": self.scope.project_id,
            "environment": self.scope.environment,
            "run_id": fence.run_id,
            "step_key": key,
            "position": position,
            "node": key,
            "kind": "never",
            "status": status,
            "input_hash": "h",
            "output": None,
            "error": None,
            "attempt": fence.attempt,
            "started_at": self.now,
            "finished_at": self.now,
        }


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A database of each kind."""
    found = World(tmp_path, request.param, request.getfixturevalue("postgres") if request.param == "postgres" else None)
    yield found
    found.close()


@pytest.mark.timeout(3600)
def test_the_journal_answers_as_its_model_says(world: World) -> None:
    machine = type("BoundMachine", (JournalMachine,), {"world": world})
    run_state_machine_as_test(machine, settings=SIZE)
