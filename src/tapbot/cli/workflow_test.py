"""`tapbot workflow test`: the tests beside a project's workflows, with coverage by node and a fixed clock."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from msgspec import structs

from tapbot.app import open_app
from tapbot.cli.options import JsonOption
from tapbot.cli.printing import show, show_json
from tapbot.errors import InvalidInput, TapbotError
from tapbot.project.load import load_project
from tapbot.project.served import Served
from tapbot.project.types import Problem, Project
from tapbot.project.workflow_tests import TestFile, TestOutcome, coverage, judge, read_tests, stubs_of
from tapbot.telemetry import configure_logging
from tapbot.workflow.history import printed_lines, show_nodes
from tapbot.workflow.items import item_from_json
from tapbot.workflow.release import PreparedWorkflow


def run_tests(
    project: Path = Path(),
    *,
    only: Annotated[str | None, Parameter(alias="-k")] = None,
    json: JsonOption = False,
) -> int:
    """Run the tests beside a project's workflows: `workflows/book.test.yaml` tests `workflows/book.json`.

    Each runs in memory with a fixed clock and fixed randomness; a node with an effect needs a stand-in.

    Args:
        project: The project's folder.
        only: Regular expression; only tests whose name or file it fits are run.

    Returns:
        1 when a test failed, a file is broken, or there was nothing to run.
    """
    loaded = load_project(project)
    configure_logging("error" if loaded.settings.log.level == "info" else loaded.settings.log.level, "text")
    tests, problems = read_tests(loaded.snapshot.files)
    chosen = [one for one in tests if only is None or re.search(only, f"{one.place} {one.test.name}")]
    outcomes, covered = asyncio.run(_run_all(loaded, chosen))
    if json:
        show_json(_as_json(outcomes, problems, covered))
    else:
        _show(outcomes, problems, covered)
    return 0 if outcomes and not problems and all(outcome.passed for outcome in outcomes) else 1


Covered = dict[str, tuple[list[str], list[str]]]
"""Nodes that ran and nodes that did not, by the workflow's file."""


async def _run_all(project: Project, tests: Sequence[TestFile]) -> tuple[list[TestOutcome], Covered]:
    outcomes: list[TestOutcome] = []
    workflows: dict[str, PreparedWorkflow] = {}
    for one in tests:
        # An app of its own each: nothing that one test stored is seen by another.
        async with open_app(project.settings, None, clock=_fixed(one)) as app:
            served = await app.add_project(project)
            try:
                workflow = _workflow_of(one, project, served)
                workflows[one.workflow] = workflow
                outcomes.append(await _run(app, served, one, workflow))
            except TapbotError as error:
                outcomes.append(TestOutcome(one, (str(error),)))
    covered = {
        path: coverage(workflow, [outcome for outcome in outcomes if outcome.file.workflow == path])
        for path, workflow in workflows.items()
    }
    return outcomes, covered


def _fixed(one: TestFile) -> Any:
    return lambda: one.test.now


def _workflow_of(one: TestFile, project: Project, served: Served) -> PreparedWorkflow:
    if one.workflow in served.problems:
        problem = served.problems[one.workflow]
        raise InvalidInput(problem.message, code=problem.code, place=problem.place, hint=problem.hint)
    return served.workflow(next(file.workflow_id for file in project.workflow_files if file.path == one.workflow))


async def _run(app: Any, served: Served, one: TestFile, workflow: PreparedWorkflow) -> TestOutcome:
    test = one.test
    tested = replace(workflow, stubs=stubs_of(test, workflow))
    trigger = workflow.nodes[test.trigger] if test.trigger else workflow.first_trigger
    if trigger is None:
        raise InvalidInput("the workflow has no trigger to begin at.", code="workflow.no_trigger", place=one.workflow)
    items = [item_from_json(item) for item in test.items]
    new = app.engine.new_run(served.scope, served.project.release, tested, trigger, items, mode=test.mode)
    new = structs.replace(new, seed=1)
    outcome = await app.engine.execute(await app.engine.begin(new), tested)
    if outcome.execution is None:
        return TestOutcome(one, tuple(judge(test, outcome)))
    printed = tuple(printed_lines(show_nodes(outcome.execution.history(), [])))
    return TestOutcome(one, tuple(judge(test, outcome)), frozenset(outcome.execution.plan.runs), printed)


def _as_json(outcomes: list[TestOutcome], problems: list[Problem], covered: Covered) -> dict[str, Any]:
    tests = [
        {
            "name": outcome.file.test.name,
            "place": outcome.file.place,
            "passed": outcome.passed,
            "failures": list(outcome.failures),
            "printed": list(outcome.printed),
        }
        for outcome in outcomes
    ]
    found = {path: {"ran": ran, "not_run": missed} for path, (ran, missed) in covered.items()}
    return {"tests": tests, "problems": [str(problem) for problem in problems], "coverage": found}


def _show(outcomes: list[TestOutcome], problems: list[Problem], covered: Covered) -> None:
    for problem in problems:
        show(f"BROKEN  {problem}")
    for outcome in outcomes:
        show(f"{'ok    ' if outcome.passed else 'FAILED'}  {outcome.file.test.name}  ({outcome.file.place})")
        for failure in outcome.failures:
            show(f"        ✗ {failure}")
        for line in () if outcome.passed else outcome.printed:
            show(f"        | {line}")
    if not outcomes and not problems:
        show("No tests. Write workflows/NAME.test.yaml beside workflows/NAME.json.")
        return
    show("")
    for path, (ran, missed) in covered.items():
        left = f"; never ran: {', '.join(missed)}" if missed else ""
        show(f"{path}: {len(ran)} of {len(ran) + len(missed)} nodes ran{left}")
    show(f"{sum(outcome.passed for outcome in outcomes)} of {len(outcomes)} tests passed.")
