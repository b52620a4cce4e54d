"""Time zone tables for the sandboxes, from the IANA data of `zoneinfo`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(2101, 1, 1, tzinfo=UTC)
_STRIDE = timedelta(days=20)  # no zone has kept an offset for less: the shortest is Morocco's month of Ramadan


def _zone_called(name: str) -> ZoneInfo | None:
    """The zone, also when the name is written in other letter cases than IANA's."""
    for spelling in (name, name.title(), name.upper()):
        try:
            return ZoneInfo(spelling)
        except (KeyError, ValueError, OSError):
            continue
    return None


def _span_at(zone: ZoneInfo, moment: datetime) -> tuple[int, str]:
    local = moment.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    return round(offset.total_seconds()), local.tzname() or ""


def _first_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with the span of `after`."""
    low, high = int(before.timestamp()), int(after.timestamp())
    old = _span_at(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _span_at(zone, datetime.fromtimestamp(middle, UTC)) == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


@lru_cache(maxsize=128)
def zone_table(name: str) -> dict[str, object] | None:
    """Offsets of a zone from 1900 to 2100, or `None` when there is no such zone.

    Args:
        name: IANA name such as `"Asia/Almaty"`.

    Returns:
        `name`, `starts` (seconds since 1970, ascending), `offsets` (seconds east of UTC) and `names` (abbreviations) of
        the spans, three lists of one length.
    """
    zone = _zone_called(name) if _NAME.fullmatch(name) else None
    if zone is None:
        return None
    starts, offsets, names = [int(_FIRST.timestamp())], *([part] for part in _span_at(zone, _FIRST))
    moment, span = _FIRST, _span_at(zone, _FIRST)
    while moment < _LAST:
        later = moment + _STRIDE
        new = _span_at(zone, later)
        if new != span:
            later = _first_change(zone, moment, later)
            new = _span_at(zone, later)
            starts.append(int(later.timestamp()))
            offsets.append(new[0])
            names.append(new[1])
        moment, span = later, new
    return {"name": zone.key, "starts": starts, "offsets": offsets, "names": names}
