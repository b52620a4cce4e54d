"""What a workflow's settings say about its runs: which goes first, how many at once, and which is a repetition.

They stand in the workflow file under `settings.tapbot`, where n8n leaves them alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject
from tapbot.workflow.journal import PRIORITY, Group
from tapbot.workflow.plain import NotPlain, Read, compile_plain
from tapbot.workflow.types import Item

Missed: TypeAlias = Literal["once", "skip", "each"]
"""What becomes of due times that passed while nothing ran."""
SECTION = "tapbot"
LONGEST_KEY = 200


class RuleSettings(BaseModel):
    """`settings.tapbot` of a workflow."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, alias_generator=to_camel)

    priority: int = Field(default=PRIORITY, ge=1, le=9)
    """1 goes first, 9 last, where runs wait for a place."""
    most_at_once: int | None = Field(default=None, ge=1)
    """How many runs of the workflow may run at once; the others are kept and wait."""
    key: str | None = None
    """What runs are counted by, from the item that began the run: `={{ $json.body.customer }}`."""
    most_by_key: int = Field(default=1, ge=1)
    """How many runs with the same key may run at once."""
    deduplicate_by: str | None = None
    """A run whose value is that of an earlier run is not begun: `={{ $json.body.order }}`."""
    missed: Missed = "once"
    """What becomes of times of a schedule that passed while nothing ran: one run for all, none, or a run each."""


@dataclass(frozen=True, slots=True)
class RunRules:
    """The rules of a workflow, ready to be asked.

    Args:
        project_most: How many runs of the whole project may run at once.
    """

    priority: int = PRIORITY
    most_at_once: int | None = None
    most_by_key: int = 1
    key: Read | None = None
    dedup: Read | None = None
    project_most: int | None = None
    missed: Missed = "once"

    @property
    def limited(self) -> bool:
        """Whether a run may have to wait for others."""
        return self.most_at_once is not None or self.key is not None or self.project_most is not None

    def groups(self, workflow_id: str, items: Sequence[Item]) -> list[Group]:
        """The groups that a run belongs to.

        Args:
            items: What the run begins with; the first decides.
        """
        found = [] if self.project_most is None else [Group("project", self.project_most)]
        if self.most_at_once is not None:
            found.append(Group(f"workflow:{workflow_id}", self.most_at_once))
        value = _value(self.key, items)
        if value is not None:
            found.append(Group(f"key:{workflow_id}:{value}"[:LONGEST_KEY], self.most_by_key))
        return found

    def dedup_key(self, items: Sequence[Item]) -> str | None:
        """What tells a run from its repetitions; `None` when nothing does."""
        return _value(self.dedup, items)


NO_RULES = RunRules()


def read_rules(settings: JsonObject, *, project_most: int | None, place: str) -> RunRules:
    """The rules of a workflow's settings.

    Raises:
        InvalidInput: A rule is unknown, out of its range, or needs JavaScript.
    """
    try:
        told = RuleSettings.model_validate(settings.get(SECTION) or {})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InvalidInput(
            f"settings.{SECTION}.{name}: {first['msg']}.", code="workflow.bad_rule", place=place
        ) from None
    return RunRules(
        priority=told.priority,
        most_at_once=told.most_at_once,
        most_by_key=told.most_by_key,
        key=_compile(told.key, "key", place),
        dedup=_compile(told.deduplicate_by, "deduplicateBy", place),
        project_most=project_most,
        missed=told.missed,
    )


def _compile(source: str | None, name: str, place: str) -> Read | None:
    if source is None:
        return None
    read = compile_plain(source)
    if read is None:
        raise InvalidInput(
            f"settings.{SECTION}.{name} is no plain expression.",
            code="workflow.bad_rule",
            place=place,
            hint="It names fields of the item that begins the run: ={{ $json.body.customer }}.",
        )
    return read


def _value(read: Read | None, items: Sequence[Item]) -> str | None:
    """The value as text; an item that lacks the field has none."""
    if read is None or not items:
        return None
    try:
        value = read(items[0].json)
    except NotPlain:
        return None
    return None if value is None else str(value)[:LONGEST_KEY]
