"""What `tapbot doctor` examines and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from tapbot.settings import Settings

Verdict = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        hint: What to do, where it is not well.
    """

    check: str
    verdict: Verdict
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: the settings in force and the data folder."""

    settings: Settings
    data: Path
    now: datetime
