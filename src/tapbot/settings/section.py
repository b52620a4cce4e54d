"""What every section of the settings is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One room's settings. A key that nobody knows stops the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")
