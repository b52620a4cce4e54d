"""`workflows/*.test.yaml`: what a workflow gives for an input, with stand-ins for what reaches the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from tapbot.data.yaml_lines import Document, read_yaml
from tapbot.errors import InvalidInput, TapbotError
from tapbot.project.types import Problem
from tapbot.workflow.engine import Outcome
from tapbot.workflow.items import item_from_json
from tapbot.workflow.plan import NodeRun, Plan
from tapbot.workflow.release import PreparedWorkflow
from tapbot.workflow.stubs import Stub, Stubs

ENDING = ".test.yaml"
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""The clock of a test that names none: a Monday."""


class Part(BaseModel):
    """A part of a test; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class StubPart(Part):
    """What a node gives instead of running."""

    items: list[dict[str, Any]] | None = None
    """Items of its first output: records, or items with `json` and `binary`."""
    outputs: list[list[dict[str, Any]]] | None = None
    """Items by output."""
    runs: list[list[dict[str, Any]]] | None = None
    """Items of the first output, run after run; the last ones stay."""
    error: str | None = None
    """It fails with this message."""


class NodePart(Part):
    """What must hold of a node."""

    items: list[dict[str, Any]] | None = None
    """Records of the first output of its last run."""
    outputs: list[list[dict[str, Any]]] | None = None
    """Records by output of its last run."""
    runs: int | None = Field(default=None, ge=0)
    """How often it ran."""


class ExpectPart(Part):
    """What must hold of the run."""

    status: Literal["succeeded", "failed"] = "succeeded"
    """How it ends."""
    error: str | None = None
    """A piece of the message with which it fails."""
    items: list[dict[str, Any]] | None = None
    """Records of the node that ran last."""
    nodes: dict[str, NodePart] = {}
    """What nodes gave."""
    order: list[str] | None = None
    """The nodes as they ran."""
    not_run: list[str] = []
    """Nodes that must not run."""


class WorkflowTest(Part):
    """One test."""

    name: str
    """What it shows, as a sentence."""
    trigger: str | None = None
    """Node that the run begins at; the workflow's first trigger when not given."""
    mode: Literal["production", "manual", "webhook"] = "production"
    """Pinned data counts in the mode `manual` alone."""
    now: AwareDatetime = NOW
    """The clock of the run."""
    items: list[dict[str, Any]] = [{}]
    """What the trigger gets: records, or items with `json` and `binary`."""
    stubs: dict[str, StubPart] = {}
    """What nodes give instead of running, by their name. A node with an effect needs one."""
    expect: ExpectPart = ExpectPart()


@dataclass(frozen=True, slots=True)
class TestFile:
    """One test and where it stands.

    Args:
        workflow: Path of the workflow's file.
    """

    __test__ = False  # it is no test class of pytest
    place: str
    workflow: str
    test: WorkflowTest


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """How a test went.

    Args:
        ran: The nodes that ran.
        printed: What their code printed, a line each.
    """

    __test__ = False
    file: TestFile
    failures: tuple[str, ...]
    ran: frozenset[str] = field(default_factory=frozenset)
    printed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.failures


def read_tests(files: Mapping[str, bytes]) -> tuple[list[TestFile], list[Problem]]:
    """The tests of a project; `workflows/book.test.yaml` holds those of `workflows/book.json`.

    Args:
        files: Contents by path.
    """
    tests: list[TestFile] = []
    problems: list[Problem] = []
    for path in sorted(files):
        if not path.startswith("workflows/") or not path.endswith(ENDING):
            continue
        try:
            tests += _read_file(path, read_yaml(files[path].decode("utf-8-sig"), path=path), files)
        except TapbotError as error:
            problems.append(Problem(error.place or path, error.message, error.hint, error.code))
        except UnicodeDecodeError as error:
            problems.append(Problem(path, f"is not UTF-8 text (byte {error.start}).", code="project.encoding"))
    return tests, problems


def _read_file(path: str, document: Document, files: Mapping[str, bytes]) -> list[TestFile]:
    workflow = path.removesuffix(ENDING) + ".json"
    if workflow not in files:
        raise InvalidInput(f"there is no {workflow}, which it would test.", code="test.no_workflow", place=path)
    several = isinstance(document.value, list)
    found = []
    for index, entry in enumerate(document.value if several else [document.value]):
        at = (index,) if several else ()
        try:
            place = f"{path}:{document.line_of(at)}"
            found.append(TestFile(place, workflow, WorkflowTest.model_validate(entry)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the test"
            line = document.line_of((*at, *first["loc"]))
            raise InvalidInput(f"{where}: {first['msg']}.", code="test.invalid", place=f"{path}:{line}") from error
    return found


def stubs_of(test: WorkflowTest, workflow: PreparedWorkflow) -> Stubs:
    """The stand-ins of a test.

    Raises:
        InvalidInput: A node that it names is not there.
    """
    named = {*test.stubs, *test.expect.nodes, *test.expect.not_run, *([test.trigger] if test.trigger else [])}
    for name in sorted(named - workflow.nodes.keys()):
        raise InvalidInput(f"the workflow has no node {name!r}.", code="test.no_node", place=name)
    return Stubs({name: _stub(part) for name, part in test.stubs.items()})


def _stub(part: StubPart) -> Stub:
    if part.error is not None:
        return Stub(error=part.error)
    runs = part.runs or []
    if part.items is not None:
        runs = [part.items]
    outputs = [part.outputs] if part.outputs is not None else [[items] for items in runs]
    return Stub([[[item_from_json(item) for item in items] for items in run] for run in outputs])


def judge(test: WorkflowTest, outcome: Outcome) -> list[str]:
    """What is wrong with how a run went."""
    expect = test.expect
    plan = outcome.execution.plan if outcome.execution else None
    message = str((outcome.error or {}).get("message") or "")
    failures = []
    if outcome.status != expect.status:
        failures.append(f"the run {outcome.status}, not {expect.status}" + (f": {message}" if message else "."))
    if expect.error is not None and expect.error not in message:
        failures.append(f"the message {message!r} lacks {expect.error!r}.")
    if plan is None or failures:
        return failures
    given = [item.json for item in outcome.items]
    if expect.items is not None and not same(given, expect.items):
        failures.append(f"the run gave {given!r}, not {expect.items!r}.")
    if expect.order is not None and plan.order != expect.order:
        failures.append(f"the order was {' → '.join(plan.order)}.")
    failures += [f"{name!r} ran." for name in expect.not_run if plan.has_run(name)]
    for name, part in expect.nodes.items():
        failures += _judge_node(name, part, plan)
    return failures


def _judge_node(name: str, part: NodePart, plan: Plan) -> list[str]:
    runs: Sequence[NodeRun] = plan.runs.get(name, [])
    failures = []
    if part.runs is not None and len(runs) != part.runs:
        failures.append(f"{name!r} ran {len(runs)} times, not {part.runs}.")
    if part.items is None and part.outputs is None:
        return failures
    if not runs:
        return [*failures, f"{name!r} did not run."]
    given = [[item.json for item in output] for output in runs[-1].outputs]
    if part.items is not None and not same(given[0] if given else [], part.items):
        failures.append(f"{name!r} gave {given[0] if given else []!r}, not {part.items!r}.")
    if part.outputs is not None and not same(given, part.outputs):
        failures.append(f"{name!r} gave {given!r}, not {part.outputs!r}.")
    return failures


def same(given: Any, wanted: Any) -> bool:
    """Equal as JSON: `true` is not 1, and 1 is 1.0."""
    if isinstance(given, dict) and isinstance(wanted, dict):
        return given.keys() == wanted.keys() and all(same(given[key], wanted[key]) for key in given)
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(same, given, wanted))
    if isinstance(wanted, datetime) and isinstance(given, str):
        return _read_time(given) == wanted  # YAML reads a time as a time
    return isinstance(given, bool) == isinstance(wanted, bool) and bool(given == wanted)


def _read_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def coverage(workflow: PreparedWorkflow, outcomes: Sequence[TestOutcome]) -> tuple[list[str], list[str]]:
    """The enabled nodes of a workflow that some test ran, and those that none did."""
    ran = frozenset().union(*(outcome.ran for outcome in outcomes))
    nodes = [name for name, node in workflow.nodes.items() if not node.node.disabled and node.type.shape != "note"]
    return [name for name in nodes if name in ran], [name for name in nodes if name not in ran]
