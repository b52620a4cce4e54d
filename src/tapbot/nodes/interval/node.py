"""Interval: the clock starts the run again and again."""

from __future__ import annotations

from tapbot.nodes.schedules.due import read_rules
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, trigger_node
from tapbot.workflow.types import Item, Outputs


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """The interval as a rule of the Schedule Trigger."""
    unit = parameters.get("unit", "seconds")
    upgraded: JsonObject = {"rule": {"interval": [{"field": unit, f"{unit}Interval": parameters.get("interval", 1)}]}}
    read_rules(upgraded)
    return upgraded


@trigger_node(
    "n8n-nodes-base.interval",
    ScheduleTriggerParams,
    version=1,
    label="Interval",
    trigger="schedule",
    inputs=0,
    upgrade=upgrade,
)
def start_by_interval(_call: NodeCall[ScheduleTriggerParams]) -> Outputs:
    """Give one empty item."""
    return [[Item(json={})]]
