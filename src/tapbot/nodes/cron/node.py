"""Cron: the clock starts the run, as before the Schedule Trigger."""

from __future__ import annotations

from typing import Any

from tapbot.nodes.schedules.due import read_rules
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, trigger_node
from tapbot.workflow.types import Item, Outputs

UNITS = {"minutes": "minutes", "hours": "hours"}


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """The times as rules of the Schedule Trigger."""
    given: Any = parameters.get("triggerTimes") or {}
    rules = [_rule(entry) for entry in given.get("item") or []]
    upgraded: JsonObject = {"rule": {"interval": [*rules]}}
    if rules:
        read_rules(upgraded)
    return upgraded


def _rule(entry: dict[str, Any]) -> JsonObject:
    """One time as a rule; what it does not name has version 1's defaults."""
    mode, minute = entry.get("mode", "everyDay"), entry.get("minute", 0)
    at: JsonObject = {"triggerAtHour": entry.get("hour", 14), "triggerAtMinute": minute}
    unit = UNITS.get(entry.get("unit", "hours"), "hours")
    rules: dict[str, JsonObject] = {
        "everyMinute": {"field": "minutes", "minutesInterval": 1},
        "everyHour": {"field": "hours", "hoursInterval": 1, "triggerAtMinute": minute},
        "everyX": {"field": unit, f"{unit}Interval": entry.get("value", 2)},
        "everyDay": {"field": "days", **at},
        "everyWeek": {"field": "weeks", "triggerAtDay": [int(entry.get("weekday", "1"))], **at},
        "everyMonth": {"field": "months", "triggerAtDayOfMonth": int(entry.get("dayOfMonth", 1)), **at},
        "custom": {"field": "cronExpression", "expression": str(entry.get("cronExpression", "* * * * * *")).strip()},
    }
    return rules[mode]


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
