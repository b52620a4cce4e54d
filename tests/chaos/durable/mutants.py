"""Mutations that the proof must notice: a copy of the source with one promise taken out of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SMALL = "--runs 240 --kills 5 --concurrency 24 --no-points --no-mutants --no-scaled"
RUN_PROOF = ("-m", "scripts.prove_durable", *SMALL.split())
RUN_POINTS = ("-m", "scripts.prove_durable", "--no-embedded", "--no-scaled", "--no-mutants")
"""A kill at each single write: one of them lies between the call and its record, whatever else the machine does."""
RUN_MODEL = ("-m", "pytest", "tests/chaos/test_journal_model.py", "-x", "-q", "--no-header", "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One promise taken out.

    Args:
        file: Below `src/tapbot`.
        replacements: Pieces of the source, and what stands there instead.
        proof: What has to fail, as arguments of Python.
        complaint: What it says when it fails.
    """

    name: str
    file: str
    replacements: Sequence[tuple[str, str]]
    proof: Sequence[str]
    complaint: str


NEVER_WRITTEN_AFTER = Mutant(
    "the journal is written after a call that may not be repeated",
    "workflow/run.py",
    [
        (
            'await self.database.write("journal.begin_step", journal.step_begun(self.fence, step))\n'
            "            finished = journal.begun_step_finished",
            "finished = journal.step_finished",
        )
    ],
    RUN_POINTS,
    "a step that never repeats was repeated",
)
RECORDED_LATER = Mutant(
    "a call's outcome is recorded a while after the run went on",
    "workflow/run.py",
    [
        (
            "        self._held = finished(self.fence, outcome)\n"
            "        if not hold or kind is StepKind.NEVER:\n"
            "            await self.write_held()\n"
            "        return output",
            "        def record_later() -> None:\n"
            '            writing = self.database.write("journal.finish_step", finished(self.fence, outcome))\n'
            "            asyncio.ensure_future(asyncio.gather(writing, return_exceptions=True))\n\n"
            "        asyncio.get_running_loop().call_later(9, record_later)\n"
            "        return output",
        ),
        ("import hashlib\n", "import asyncio\nimport hashlib\n"),
    ],
    RUN_PROOF,
    "repeated although no kill cut the first call off",
)
UNFENCED = Mutant(
    "writes are not fenced by their attempt",
    "workflow/journal/records.py",
    [
        ("_HELD.c.run_id == run_id, _HELD.c.attempt == attempt, running)", "_HELD.c.run_id == run_id, attempt > 0)"),
        ("_HELD.c.run_id.in_(asked), running)", "_HELD.c.run_id.in_(asked))"),
        ("locked.c.attempt == attempt)", "attempt > 0)"),
    ],
    RUN_MODEL,
    "DID NOT RAISE",
)
MUTANTS = (NEVER_WRITTEN_AFTER, RECORDED_LATER, UNFENCED)


def mutate(mutant: Mutant, folder: Path) -> Path:
    """Copy the source into an empty folder with a promise taken out, and say where it is.

    Raises:
        ValueError: The source no longer has what the mutant replaces.
    """
    copy = folder / "src"
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__", "console"))
    path = copy / "tapbot" / mutant.file
    source = path.read_text("utf-8")
    for old, new in mutant.replacements:
        if source.count(old) != 1:
            raise ValueError(f"mutant {mutant.name!r}: {mutant.file} no longer has exactly one of:\n{old}")
        source = source.replace(old, new)
    path.write_text(source, "utf-8")
    return copy


def notices(mutant: Mutant, folder: Path) -> tuple[bool, str]:
    """Whether the proof fails over a mutated copy of the source, and its last words.

    Args:
        folder: An empty folder for the copy.
    """
    done = subprocess.run(
        [sys.executable, *mutant.proof],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(mutate(mutant, folder))},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    return done.returncode == 1 and mutant.complaint in said, said[-1500:]
