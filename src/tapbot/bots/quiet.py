"""Quiet hours: when customers are left alone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tapbot.bots.handoff import read_span
from tapbot.settings import Settings

NONE = "none"


def hours_of(settings: Settings, bot_id: str) -> str | None:
    """The quiet hours of a bot, `22:00-08:00`; `None` when it has none."""
    own = settings.bots[bot_id].quiet_hours if bot_id in settings.bots else None
    hours = own or settings.project.quiet_hours
    return None if hours == NONE else hours


def quiet_until(hours: str, now: datetime, zones: tuple[str | None, ...]) -> datetime | None:
    """When quiet hours end that are now, in UTC; `None` when they are not now.

    Args:
        zones: Names of time zones; the first one counts that is known here.
    """
    local = now.astimezone(next((zone for zone in map(_zone, zones) if zone is not None), ZoneInfo("UTC")))
    start, length = read_span(hours)
    for ahead in (-1, 0):  # hours that began yesterday may end today
        begins = datetime.combine((local + timedelta(days=ahead)).date(), start, tzinfo=local.tzinfo)
        if begins <= local < begins + length:
            return (begins + length).astimezone(UTC)
    return None


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
