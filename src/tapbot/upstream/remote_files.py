"""What a folder on somebody else's server holds, however it is reached. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

MOST_ENTRIES = 10_000
"""Most entries that one folder, or one list, may have."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
UNIX = re.compile(
    r"(?P<kind>[-dlbcps])(?P<rights>[-rwxsStT]{9})\S*\s+\d+\s+(?P<owner>\S+)\s+(?P<group>\S+)\s+(?P<size>\d+)\s+"
    r"(?P<month>[A-Za-z]{3})\s+(?P<day>\d{1,2})\s+(?P<when>\d{4}|\d{1,2}:\d{2})\s(?P<name>.+)"
)
DOS = re.compile(
    r"(?P<date>\d\d-\d\d-(?:\d\d|\d{4}))\s+(?P<time>\d\d:\d\d[AP]M)\s+(?P<size><DIR>|\d+)\s+(?P<name>.+)", re.IGNORECASE
)
OTHER_FOLDERS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a folder.

    Args:
        kind: `"-"` for a file, `"d"` for a folder, `"l"` for a link.
        rights: Nine letters, as `ls -l` writes them; empty where the server does not tell.
    """

    name: str
    kind: str
    size: int
    modified_at: datetime | None = None
    accessed_at: datetime | None = None
    rights: str = ""
    owner: str = ""
    group: str = ""


def read_line(line: str, now: datetime) -> Entry | None:
    """A line of `LIST`, as Unix or DOS writes it; `None` for anything else.

    Args:
        now: A line without a year speaks of the last twelve months.
    """
    if found := UNIX.fullmatch(line.strip()):
        name = found["name"].partition(" -> ")[0] if found["kind"] == "l" else found["name"]
        if name in OTHER_FOLDERS:
            return None
        return Entry(
            name,
            found["kind"],
            int(found["size"]),
            _unix_time(found, now),
            rights=found["rights"],
            owner=found["owner"],
            group=found["group"],
        )
    if found := DOS.fullmatch(line.strip()):
        folder = found["size"].upper() == "<DIR>"
        form = "%m-%d-%Y %I:%M%p" if len(found["date"]) == 10 else "%m-%d-%y %I:%M%p"
        moment = datetime.strptime(f"{found['date']} {found['time']}", form).replace(tzinfo=UTC)
        return Entry(found["name"], "d" if folder else "-", 0 if folder else int(found["size"]), moment)
    return None


def read_facts(name: str, facts: Mapping[str, str]) -> Entry | None:
    """An entry of `MLSD` (RFC 3659, 7); `None` for the folder itself and the one above."""
    kind = facts.get("type", "file").lower()
    if kind in {"cdir", "pdir"} or name in OTHER_FOLDERS:
        return None
    letter = "d" if kind == "dir" else "l" if "link" in kind else "-"
    mode = facts.get("unix.mode", "")
    return Entry(
        name,
        letter,
        int(facts.get("size", "0") or 0) if letter == "-" else 0,
        _fact_time(facts.get("modify", "")),
        rights=rights_of(int(mode, 8)) if re.fullmatch(r"(0o)?[0-7]{3,6}", mode) else "",
        owner=facts.get("unix.owner", facts.get("unix.uid", "")),
        group=facts.get("unix.group", facts.get("unix.gid", "")),
    )


def rights_of(mode: int) -> str:
    """Permission bits as nine letters."""
    return "".join(letter if mode >> (8 - place) & 1 else "-" for place, letter in enumerate("rwxrwxrwx"))


def _unix_time(found: re.Match[str], now: datetime) -> datetime | None:
    when = found["when"]
    hour, _, minute = when.partition(":") if ":" in when else ("0", "", "0")
    year = now.year if ":" in when else int(when)
    try:
        month = MONTHS.index(found["month"].lower()) + 1
        moment = datetime(year, month, int(found["day"]), int(hour), int(minute), tzinfo=UTC)
        later = ":" in when and (moment - now).days >= 1  # a server's clock may be a little ahead
        return moment.replace(year=year - 1) if later else moment
    except ValueError:
        return None


def _fact_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
