"""`tapbot test`: a project's evals, each against the real app in memory."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tapbot.cli.eval_world import AppWorlds
from tapbot.cli.options import JsonOption
from tapbot.cli.printing import flush, show, show_json
from tapbot.project.evals import EvalFile, EvalOutcome, read_evals, run_eval
from tapbot.project.load import load_project
from tapbot.project.types import Problem, Project
from tapbot.telemetry import configure_logging


def run_evals(
    project: Path = Path(),
    *,
    only: Annotated[str | None, Parameter(alias="-k")] = None,
    verbose: Annotated[bool, Parameter(alias="-v")] = False,
    json: JsonOption = False,
) -> int:
    """Run a project's evals: conversations with what must hold, each in a fresh app that nobody else sees.

    Args:
        project: The project's folder.
        only: Regular expression; only evals whose name or file it fits are run.
        verbose: Print every conversation, not only those that failed.

    Returns:
        1 when an eval failed, a file is broken, or there was nothing to run.
    """
    loaded = load_project(project)
    configure_logging("error" if loaded.settings.log.level == "info" else loaded.settings.log.level, "text")
    evals, problems = read_evals(loaded.text_files)
    chosen = [one for one in evals if only is None or re.search(only, f"{one.place} {one.eval.name}")]
    began = time.monotonic()
    outcomes = asyncio.run(_run(loaded, chosen, quiet=json, verbose=verbose))
    if json:
        show_json(_as_json(outcomes, problems))
    else:
        for problem in problems:
            show(f"BROKEN  {problem}")
        _summarise(outcomes, problems, time.monotonic() - began)
    good = bool(outcomes) and not problems and all(outcome.passed for outcome in outcomes)
    return 0 if good else 1


async def _run(project: Project, evals: list[EvalFile], *, quiet: bool, verbose: bool) -> list[EvalOutcome]:
    worlds = AppWorlds(project)
    outcomes = []
    for one in evals:
        outcome = await run_eval(one, worlds)
        outcomes.append(outcome)
        if not quiet:
            _show(outcome, verbose=verbose)
    return outcomes


def _show(outcome: EvalOutcome, *, verbose: bool) -> None:
    show(f"{'ok    ' if outcome.passed else 'FAILED'}  {outcome.file.eval.name}  ({outcome.file.place})")
    if verbose or not outcome.passed:
        for line in outcome.transcript:
            show("          " + line.replace("\n", "\n               "))
    for failure in outcome.failures:
        show(f"        ✗ {failure}")
    flush()


def _summarise(outcomes: list[EvalOutcome], problems: list[Problem], seconds: float) -> None:
    if not outcomes and not problems:
        show("No evals. Put conversations into evals/*.yaml; `tapbot new NAME` makes one to start from.")
        return
    passed = sum(outcome.passed for outcome in outcomes)
    failed = len(outcomes) - passed + len(problems)
    show(f"\n{passed} passed, {failed} failed in {seconds:.1f} s")


def _as_json(outcomes: list[EvalOutcome], problems: list[Problem]) -> dict[str, Any]:
    return {
        "evals": [
            {
                "name": outcome.file.eval.name,
                "place": outcome.file.place,
                "passed": outcome.passed,
                "failures": outcome.failures,
                "transcript": outcome.transcript,
            }
            for outcome in outcomes
        ],
        "problems": [{"place": problem.place, "message": problem.message} for problem in problems],
    }
