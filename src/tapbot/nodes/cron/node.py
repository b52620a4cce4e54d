"""Cron: the clock starts the run, as before the Schedule Trigger."""

from __future__ import annotations

from typing import Any

from tapbot.nodes.schedules.due import read_rules
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.nodes.schedules.times import rule_of
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, trigger_node
from tapbot.workflow.types import Item, Outputs


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """The times as rules of the Schedule Trigger."""
    given: Any = parameters.get("triggerTimes") or {}
    rules = [rule_of(entry) for entry in given.get("item") or []]
    upgraded: JsonObject = {"rule": {"interval": [*rules]}}
    if rules:
        read_rules(upgraded)
    return upgraded


@trigger_node(
    "n8n-nodes-base.cron",
    ScheduleTriggerParams,
    version=1,
    label="Cron",
    trigger="schedule",
    inputs=0,
    upgrade=upgrade,
)
def start_by_cron(_call: NodeCall[ScheduleTriggerParams]) -> Outputs:
    """Give one empty item."""
    return [[Item(json={})]]
