"""Mistakes in workflows that can be found without running them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from tapbot.data.types import Collection
from tapbot.errors import LimitExceeded, NotFound, TapbotError
from tapbot.project.types import Problem, Project, WorkflowFile
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob
from tapbot.workflow.expression import Template
from tapbot.workflow.release import Catalogue, PreparedNode, prepare_workflow
from tapbot.workflow.types import Node, Workflow

COMPILE_SECONDS = 1.0
REFUSALS = ("invalid syntax", "Access to ", '"$" must be called')
"""How the sandbox's messages begin when an expression cannot be compiled; others depend on data."""

Known = Mapping[str, frozenset[str]]
"""Names that parameters may refer to, by the name of the parameter."""


def known_names(project: Project) -> Known:
    """What the parameters of nodes may name. A parameter of one name means the same thing in every node."""
    workflows = project.workflows.values()
    texts = frozenset(project.texts)
    return {
        "workflowId": frozenset({*(found.id for found in workflows), *(found.name for found in workflows)}),
        "collection": frozenset(project.collections),
        "textKey": texts,
    }


async def check_workflow(
    file: WorkflowFile, project: Project, catalogue: Catalogue, sandbox: ExpressionSandbox
) -> list[Problem]:
    """Everything that is wrong with one workflow file."""
    if file.problem or not file.workflow:
        return [file.problem] if file.problem else []
    unknown = [problem for node in _real_nodes(file.workflow) if (problem := _find_type(node, file.path, catalogue))]
    if unknown:
        return unknown
    try:
        prepared = prepare_workflow(
            file.workflow, catalogue, scope_name="check", zone=project.settings.project.time_zone, place=file.path
        )
    except TapbotError as error:
        return [Problem(error.place or file.path, error.message, error.hint, error.code)]
    known = known_names(project)
    problems: list[Problem] = []
    for node in prepared.nodes.values():
        place = f"{file.path}, node {node.node.name!r}"
        problems += check_parameters(node, place)
        problems += check_references(node, place, known)
        problems += check_fields(node, place, project.collections)
        problems += await check_expressions(node, place, sandbox)
    return problems + list(_unreachable(file.workflow, file.path, prepared.nodes))


def _real_nodes(workflow: Workflow) -> Iterator[Node]:
    return (node for node in workflow.nodes.values() if not node.type.endswith(".stickyNote"))


def _find_type(node: Node, path: str, catalogue: Catalogue) -> Problem | None:
    try:
        catalogue.find(node.type)
    except NotFound as error:
        if node.disabled:
            return None
        return Problem(f"{path}, node {node.name!r}", error.message, error.hint, "workflow.unknown_node")
    return None


def check_parameters(prepared: PreparedNode, place: str) -> list[Problem]:
    """Parameters against their model. One that an expression gives has no value yet, and is passed over."""
    try:
        prepared.type.params.model_validate(prepared.parameters)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return [
            Problem(
                f"{place}, parameter {'.'.join(map(str, entry['loc']))}",
                f"{entry['msg']}.",
                code="node.invalid_parameter",
            )
            for entry in found
            if not _holds_expression(entry["loc"], prepared.compiled.templates)
        ]
    except TapbotError as error:
        return [Problem(place, error.message, error.hint, error.code)]
    return []


def _holds_expression(loc: Sequence[str | int], templates: Sequence[Template]) -> bool:
    """Whether an expression stands at, above or below a place in the parameters."""
    at = tuple(map(str, loc))
    paths = [tuple(map(str, template.path)) for template in templates]
    return any(path[: len(at)] == at[: len(path)] for path in paths)


def check_references(prepared: PreparedNode, place: str, known: Known) -> list[Problem]:
    """Names of workflows, collections and texts that are written out."""
    problems = []
    for parameter, names in known.items():
        named = _named(prepared.parameters.get(parameter))
        if named is None or named in names:
            continue
        near = get_close_matches(named, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else None
        message = f"there is no {parameter.removesuffix('Id').removesuffix('Key')} {named!r} in this project."
        problems.append(Problem(f"{place}, parameter {parameter}", message, hint, "project.missing_reference"))
    return problems


def check_fields(prepared: PreparedNode, place: str, collections: Mapping[str, Collection]) -> list[Problem]:
    """Fields that are written out for a collection that is."""
    collection = collections.get(_named(prepared.parameters.get("collection")) or "")
    if collection is None:
        return []
    parameters = prepared.parameters
    named = {
        **{name: "values" for name in _keys(parameters.get("values"))},
        **{name: "increment" for name in _keys(parameters.get("increment"))},
        **{name: "where" for name in _condition_fields(parameters.get("where"))},
    }
    problems = []
    for name in sorted(named.keys() - collection.all_fields.keys()):
        near = get_close_matches(name, collection.all_fields, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(collection.all_fields)}."
        message = f"the collection {collection.name!r} has no field {name!r}."
        problems.append(Problem(f"{place}, parameter {named[name]}", message, hint, "project.missing_reference"))
    return problems


def _keys(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _condition_fields(value: object) -> list[str]:
    entries = value if isinstance(value, list) else []
    fields = [entry.get("field") for entry in entries if isinstance(entry, dict)]
    return [field for field in fields if isinstance(field, str) and field and not field.startswith("=")]


def _named(value: Any) -> str | None:
    """A name that a parameter writes out: plain text, or the value of a resource locator."""
    if isinstance(value, dict):
        value = value.get("value")
    return value if isinstance(value, str) and value and not value.startswith("=") else None


async def check_expressions(prepared: PreparedNode, place: str, sandbox: ExpressionSandbox) -> list[Problem]:
    """Expressions that cannot be compiled."""
    templates = prepared.compiled.templates
    if not templates:
        return []
    try:
        messages = await _compile([template.source for template in templates], sandbox)
    except LimitExceeded as error:
        return [Problem(place, error.message, error.hint, "expression.endless")]
    return [
        Problem(f"{place}, parameter {'.'.join(map(str, templates[index].path))}", message, code="expression.syntax")
        for index, message in messages
    ]


async def _compile(sources: Iterable[str], sandbox: ExpressionSandbox) -> list[tuple[int, str]]:
    """Evaluate with one empty item, because the sandbox compiles on the way; keep what is about the text alone."""
    job = ExpressionJob(
        scope="check",
        templates=tuple(sources),
        items=[{"json": {}}],
        item_indexes=(0,),
        timeout_seconds=COMPILE_SECONDS,
    )
    answer = await sandbox.evaluate(job)
    return [
        (failure.template_index, failure.message) for failure in answer.failures if failure.message.startswith(REFUSALS)
    ]


def _unreachable(workflow: Workflow, path: str, prepared: Mapping[str, PreparedNode]) -> Iterator[Problem]:
    """An active workflow that nothing can start."""
    if workflow.active and not any(node.type.trigger and not node.node.disabled for node in prepared.values()):
        yield Problem(path, "is active and has no trigger.", "Add one, or switch it off.", "workflow.no_trigger")
