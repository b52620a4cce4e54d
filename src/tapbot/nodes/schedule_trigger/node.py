"""Schedule trigger: the clock starts the run."""

from __future__ import annotations

from calendar import day_name, month_name
from datetime import datetime
from typing import Any

from tapbot.nodes.fields import has_expression
from tapbot.nodes.schedules.due import read_rules
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, trigger_node
from tapbot.workflow.types import Item, Outputs

MONTHS = tuple(month_name)[1:]
WEEKDAYS = tuple(day_name)
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """All versions have the same parameters; a schedule without expressions is checked when the workflow is loaded."""
    plain: JsonObject = _without_marks(parameters)
    if not has_expression(plain):
        read_rules(plain)
    return plain


def _without_marks(value: Any) -> Any:
    """Texts without the mark of an expression, where nothing in them is one: `=0 9 * * *`."""
    if isinstance(value, dict):
        return {name: _without_marks(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_without_marks(entry) for entry in value]
    return value[1:] if isinstance(value, str) and value.startswith("=") and "{{" not in value else value


@trigger_node(
    "n8n-nodes-base.scheduleTrigger",
    ScheduleTriggerParams,
    version=1.3,
    label="Schedule Trigger",
    trigger="schedule",
    inputs=0,
    upgrade=upgrade,
)
def start_by_clock(call: NodeCall[ScheduleTriggerParams]) -> Outputs:
    """Give one item that tells the time of the run."""
    return [[Item(json=describe_moment(call.step.now))]]


def describe_moment(now: datetime) -> dict[str, Any]:
    """The moment as n8n's schedule tells it.

    Args:
        now: Aware, in the workflow's zone.
    """
    hour = now.hour % 12 or 12
    clock = f"{hour}:{now:%M:%S} {'am' if now.hour < 12 else 'pm'}"
    month = MONTHS[now.month - 1]
    ending = "th" if 11 <= now.day <= 13 else ENDINGS.get(now.day % 10, "th")
    offset = now.strftime("%z") or "+0000"
    return {
        "timestamp": now.isoformat(timespec="milliseconds"),
        "Readable date": f"{month} {now.day}{ending} {now.year}, {clock}",
        "Readable time": clock,
        "Day of week": WEEKDAYS[now.weekday()],
        "Year": str(now.year),
        "Month": month,
        "Day of month": f"{now.day:02}",
        "Hour": f"{now.hour:02}",
        "Minute": f"{now.minute:02}",
        "Second": f"{now.second:02}",
        "Timezone": f"{now.tzinfo} (UTC{offset[:3]}:{offset[3:5]})",
    }
