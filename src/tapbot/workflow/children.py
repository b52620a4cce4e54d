"""Child runs: the run of a workflow that another run calls, with the same id in every attempt."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Protocol

import msgspec

from tapbot.errors import InvalidInput
from tapbot.storage.types import Scope
from tapbot.workflow.journal import NewRun
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.run import Run
from tapbot.workflow.types import Item

CHILD_NAMES = uuid.UUID("6f9d4c1e-8c1b-4d0a-9a51-7f3f5a1c2b10")


class Releases(Protocol):
    """Gives the workflows of any release that was ever served here."""

    async def find(self, scope: Scope, release: str, workflow_id: str) -> PreparedWorkflow:
        """The workflow by its id or name.

        Raises:
            NotFound: The release has no such workflow, or it cannot be loaded.
        """
        ...


class MakesRuns(Protocol):
    """What the engine gives to whoever makes a child."""

    @property
    def releases(self) -> Releases:
        """Where workflows are found."""
        ...

    def new_run(
        self,
        scope: Scope,
        release: str,
        workflow: PreparedWorkflow,
        trigger: PreparedNode,
        items: Sequence[Item],
        *,
        mode: str,
    ) -> NewRun:
        """A run of a workflow, not yet kept."""
        ...


async def new_child(
    engine: MakesRuns, parent: Run, key: str, workflow_id: str, items: Sequence[Item], *, kind: str
) -> tuple[PreparedWorkflow, NewRun]:
    """A child of a run, not yet kept; its id is the same in every attempt.

    Raises:
        NotFound: The release has no such workflow.
        InvalidInput: The workflow cannot be called by another.
    """
    workflow = await engine.releases.find(parent.new.scope, parent.new.release, workflow_id)
    triggers = workflow.triggers("workflow") or workflow.triggers("manual")
    if not triggers:
        raise InvalidInput(
            "The workflow has no trigger for other workflows.",
            code="workflow.no_trigger",
            place=workflow.workflow.name,
            hint='Add a node "When Executed by Another Workflow".',
        )
    return workflow, msgspec.structs.replace(
        engine.new_run(parent.new.scope, parent.new.release, workflow, triggers[0], items, mode="integrated"),
        run_id=str(uuid.uuid5(CHILD_NAMES, f"{parent.new.run_id}/{key}")),
        kind=kind,
        clock=parent.new.clock,
        seed=parent.new.seed,
        parent_run_id=parent.new.run_id,
        parent_step_key=key,
        conversation_id=parent.new.conversation_id,
        priority=parent.new.priority,
    )
