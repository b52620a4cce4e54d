"""What must hold after the kills. Pure: it looks at what was accepted, what arrived, and what the journal says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.durable.counting import Arrival

ANSWER_TO_RECORD_SECONDS = 2.0
"""An answer that came this shortly before a kill may not have reached the journal any more."""
FINAL = frozenset({"succeeded", "failed", "in_doubt", "cancelled"})
EFFECTS = {"keyed": ("keyed", "last"), "never": ("never", "last")}
"""The calls that a run of each workflow makes; beside them each stores one record."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A process was killed, or frozen for a while.

    Args:
        began_at: Just before the signal, by the machine's monotonic clock, in seconds.
        ended_at: When the process was seen to be dead, or went on.
        frozen: It was only frozen: what it had in hand it may still send when it goes on.
    """

    began_at: float
    ended_at: float
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as the journal has it at the end."""

    run: str
    workflow: str
    status: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the judge hears.

    Args:
        accepted: Names of runs whose caller was told that they are kept.
        stored: How many records each run stored.
        concurrency: Most runs that were open at once.
    """

    accepted: Collection[str]
    arrivals: Sequence[Arrival]
    kills: Sequence[Kill]
    kept: Sequence[KeptRun]
    stored: Mapping[str, int]
    concurrency: int


@dataclass(slots=True)
class Verdict:
    """Figures, and what did not hold."""

    figures: dict[str, int | float] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def object_to(self, what: str, names: Collection[str]) -> None:
        """Note a violation, with a few of those whom it befell."""
        if names:
            self.violations.append(f"{what}: {len(names)}, such as {', '.join(sorted(names)[:5])}")


def judge(evidence: Evidence) -> Verdict:
    """Say what does not hold."""
    verdict = Verdict()
    _judge_runs(evidence, verdict)
    _judge_calls(evidence, verdict)
    return verdict


def _judge_runs(evidence: Evidence, verdict: Verdict) -> None:
    kept = {row.run: row for row in evidence.kept}
    arrived = {(arrival.run, arrival.effect) for arrival in evidence.arrivals}
    done = {row.run for row in evidence.kept if row.status == "succeeded"}
    short = {
        run
        for run in done
        if any((run, effect) not in arrived for effect in EFFECTS[kept[run].workflow]) or not evidence.stored.get(run)
    }
    doubted = {row.run for row in evidence.kept if row.status == "in_doubt"}
    statuses = Counter(row.status for row in evidence.kept)
    verdict.figures |= {"accepted": len(evidence.accepted), "runs": len(evidence.kept), **statuses}
    verdict.object_to("lost: accepted, and not in the journal", set(evidence.accepted) - set(kept))
    verdict.object_to("lost: succeeded without all effects", short)
    verdict.object_to("neither ended nor in doubt", {row.run for row in evidence.kept if row.status not in FINAL})
    failed = {f"{row.run} ({row.reason})" for row in evidence.kept if row.status == "failed"}
    verdict.object_to("failed although nothing was wrong", failed)
    verdict.object_to(
        "kept twice", {run for run, times in Counter(row.run for row in evidence.kept).items() if times > 1}
    )
    verdict.object_to(
        "in doubt without a call that may not be repeated", {r for r in doubted if kept[r].workflow != "never"}
    )
    verdict.object_to("stored more than once", {run for run, times in evidence.stored.items() if times != 1})
    if len(doubted) > len(evidence.kills) * evidence.concurrency:
        verdict.violations.append(f"{len(doubted)} runs are in doubt after {len(evidence.kills)} kills")


def _judge_calls(evidence: Evidence, verdict: Verdict) -> None:
    calls: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for arrival in evidence.arrivals:
        calls[arrival.run, arrival.effect].append(arrival)
    repeated = {call: arrivals for call, arrivals in calls.items() if len(arrivals) > 1}
    pairs = [(first, again) for arrivals in repeated.values() for first, again in pairwise(arrivals)]
    verdict.figures |= {"calls": len(evidence.arrivals), "kills": len(evidence.kills), "repeated_calls": len(pairs)}
    verdict.figures["repeats_answered_just_before_a_kill"] = sum(first.answered_at is not None for first, _ in pairs)
    verdict.figures["longest_answer_to_kill_seconds"] = _longest_gap(pairs, evidence.kills)
    verdict.object_to("a step that never repeats was repeated", {run for run, effect in repeated if effect == "never"})
    others = {first.run for first, again in pairs if first.key != again.key}
    verdict.object_to("repeated with another key", others)
    unexcused = {f"{first} then {again}" for first, again in pairs if not _excused(first, again, evidence.kills)}
    verdict.object_to("repeated although no kill cut the first call off", unexcused)
    if len(pairs) > len(evidence.kills) * evidence.concurrency:
        verdict.violations.append(
            f"{len(pairs)} repeats are more than {len(evidence.kills)} kills x {evidence.concurrency}"
        )


def _excused(first: Arrival, again: Arrival, kills: Sequence[Kill]) -> bool:
    """Whether a kill between two calls explains the second: the first one's outcome never reached the journal."""
    for kill in kills:
        if first.arrived_at > kill.ended_at or again.arrived_at < kill.began_at:
            continue
        if first.answered_at is None or first.answered_at > kill.began_at - ANSWER_TO_RECORD_SECONDS:
            return True
        if kill.frozen and 0 <= again.arrived_at - kill.ended_at < ANSWER_TO_RECORD_SECONDS:
            return True  # the frozen process had this very call in hand
    return False


def _longest_gap(pairs: Sequence[tuple[Arrival, Arrival]], kills: Sequence[Kill]) -> float:
    """How long before its kill a repeated call had been answered, at most, in seconds."""
    gaps = [
        min((abs(kill.began_at - answered_at) for kill in kills if kill.began_at <= again.arrived_at), default=0.0)
        for first, again in pairs
        for answered_at in [first.answered_at]
        if answered_at is not None
    ]
    return round(max(gaps, default=0.0), 3)
