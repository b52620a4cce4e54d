"""Node types with their parameters as JSON schema."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.models import Model
from tapbot.errors import TapbotError
from tapbot.help_texts import form_schema
from tapbot.workflow.node import NodeType

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_WORKFLOWS))])


class NodeTypeModel(Model):
    """A kind of node."""

    type: str
    label: str
    version: float
    icon: str
    """SVG."""
    schema_: dict[str, Any]
    """JSON schema of the parameters."""
    outputs: list[str]
    """Names of the outputs with no parameter set."""

    model_config = {"alias_generator": lambda name: name.rstrip("_"), "populate_by_name": True}


class NodeTypeList(Model):
    """All node types."""

    items: list[NodeTypeModel]


@router.get("/node-types")
def list_node_types(context: Context) -> NodeTypeList:
    """List the node types. Plain, so that it runs in a thread: the first call imports all nodes."""
    return NodeTypeList(items=[_show(found) for found in context.node_types()])


def _show(found: NodeType) -> NodeTypeModel:
    return NodeTypeModel(
        type=found.type,
        label=found.label,
        version=found.version,
        icon=found.icon,
        schema_=form_schema(found.params),
        outputs=_outputs(found),
    )


def _outputs(found: NodeType) -> list[str]:
    try:
        return list(found.output_names({}))
    except (TapbotError, KeyError, TypeError, AttributeError):
        return ["main"]  # they depend on a parameter that has no default
