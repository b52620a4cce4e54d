"""Parameters of the schedule trigger."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams


class Interval(NodeParams):
    """One rule of a schedule."""

    field: Literal["seconds", "minutes", "hours", "days", "weeks", "months", "cronExpression"] = "days"
    """Unit of the interval, or a cron expression."""
    seconds_interval: int = Field(default=30, ge=1, le=86_400)
    """Seconds between runs."""
    minutes_interval: int = Field(default=5, ge=1, le=10_080)
    """Minutes between runs."""
    hours_interval: int = Field(default=1, ge=1, le=8_760)
    """Hours between runs."""
    days_interval: int = Field(default=1, ge=1, le=3_650)
    """Days between runs."""
    weeks_interval: int = Field(default=1, ge=1, le=520)
    """Weeks between runs."""
    months_interval: int = Field(default=1, ge=1, le=120)
    """Months between runs."""
    trigger_at_day: list[int] = Field(default_factory=lambda: [0])
    """Days of the week, 0 for Sunday."""
    trigger_at_day_of_month: int = Field(default=1, ge=1, le=31)
    """Day of the month; a month without it has no run."""
    trigger_at_hour: int = Field(default=0, ge=0, le=23)
    """Hour of the day."""
    trigger_at_minute: int = Field(default=0, ge=0, le=59)
    """Minute of the hour."""
    expression: Text = ""
    """Cron expression of five fields, or of six with seconds first."""


class Rule(NodeParams):
    """When the schedule fires."""

    interval: list[Interval] = Field(default_factory=lambda: [Interval()])
    """Rules; each fires by itself."""


class ScheduleTriggerParams(NodeParams):
    """When the workflow runs."""

    rule: Rule = Field(default_factory=Rule)
    """When the schedule fires."""
