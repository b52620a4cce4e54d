"""Times as n8n's older Cron and its polling triggers write them."""

from __future__ import annotations

from typing import Any

from tapbot.storage.types import JsonObject

UNITS = {"minutes": "minutes", "hours": "hours"}


def rule_of(entry: dict[str, Any]) -> JsonObject:
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
