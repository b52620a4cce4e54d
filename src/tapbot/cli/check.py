"""`tapbot check`: mistakes in a project, found without running it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tapbot.cli.printing import show, show_json
from tapbot.project.check import check_project
from tapbot.project.load import load_project
from tapbot.project.types import Problem, Project
from tapbot.sandbox.expression_sandbox import ExpressionSandbox


def check(project: Path = Path(), *, json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """Look for mistakes in a project without running it.

    Args:
        project: The project's folder.
        json: Print a JSON list of problems, for machines.

    Returns:
        1 when there are problems, 0 otherwise.
    """
    loaded = load_project(project)
    problems = asyncio.run(_check(loaded))
    if json:
        show_json([asdict(problem) for problem in problems])
    else:
        for problem in problems:
            show(str(problem))
        show(_summary(loaded, problems))
    return 1 if problems else 0


async def _check(project: Project) -> list[Problem]:
    async with ExpressionSandbox() as sandbox:
        return await check_project(project, sandbox)


def _summary(project: Project, problems: list[Problem]) -> str:
    files = f"{len(project.snapshot.files)} files, {len(project.workflow_files)} workflows"
    found = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}" if problems else "no problems"
    return f"{project.project_id}: {files}, {found} (release {project.release[:12]})"
