"""All mistakes in a project that can be found without running it."""

from __future__ import annotations

from tapbot.nodes import catalogue
from tapbot.project.bot_check import check_bot
from tapbot.project.evals import read_evals
from tapbot.project.types import Problem, Project
from tapbot.project.workflow_check import check_workflow
from tapbot.sandbox.expression_sandbox import ExpressionSandbox


async def check_project(project: Project, sandbox: ExpressionSandbox) -> list[Problem]:
    """Check workflows, bots, texts and collections, and what they say of each other.

    Args:
        sandbox: Compiles expressions.

    Returns:
        Problems in the order of the files; empty when the project can be served as it is.
    """
    problems = list(project.problems)
    for file in project.workflow_files:
        problems += await check_workflow(file, project, catalogue, sandbox)
    for bot in project.bots.values():
        problems += check_bot(bot, project)
    problems += check_collections(project)
    problems += read_evals(project.text_files)[1]
    return sorted(problems, key=lambda problem: problem.place)


def check_collections(project: Project) -> list[Problem]:
    """References to collections that do not exist. Seeds were read with the project."""
    problems = []
    for collection in project.collections.values():
        path = f"collections/{collection.name}.yaml"
        for field in collection.fields:
            if field.to is not None and field.to not in project.collections:
                message = f"the field {field.name!r} refers to the collection {field.to!r}, which is not there."
                problems.append(Problem(path, message, code="project.missing_reference"))
    return problems
