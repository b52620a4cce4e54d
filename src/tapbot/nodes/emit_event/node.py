"""Emit Event: tells everybody who listens that something happened."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.events import store
from tapbot.nodes.fields import EmptyObject, FromJson, Text
from tapbot.nodes.javascript import stringify
from tapbot.workflow.node import NodeParams, StoredStep, node
from tapbot.workflow.types import Item, StepKind

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,3}")
LONGEST_DATA = 100_000


class EmitEventParams(NodeParams):
    """What happened."""

    name: Text = ""
    """Name of what happened, such as `trip.confirmed`; listeners see it as `workflow.trip.confirmed`."""
    subject: Text = Field(default="", max_length=200)
    """Id of what it happened to."""
    data: Annotated[dict[str, Any], EmptyObject, FromJson] = Field(default_factory=dict)
    """What listeners need to know, as an object or its JSON."""


@node("tapbot.emitEvent", EmitEventParams, version=1, label="Emit Event", kind=StepKind.STORED)
def emit(params: EmitEventParams, item: Item, step: StoredStep) -> Item:
    """Write the event in the transaction of the step, so that it is told exactly once; the item passes on."""
    if not NAME.fullmatch(params.name):
        raise InvalidInput(
            f"{params.name!r} is no name of an event.",
            code="node.invalid_parameter",
            place="name",
            hint="Write small letters, digits, `_` and dots: trip.confirmed.",
        )
    if len(stringify(params.data)) > LONGEST_DATA:
        raise InvalidInput(
            f"The data of an event have {LONGEST_DATA} characters at most.", code="node.invalid_parameter", place="data"
        )
    # The prefix keeps workflows from telling what only this program can know, such as `record.created`.
    store.tell(step.connection, step.scope, f"workflow.{params.name}", params.subject, params.data, now=step.now)
    return Item(json=item.json, binary=item.binary)
