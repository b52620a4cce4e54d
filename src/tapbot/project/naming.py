"""What a project is called when its settings do not say."""

from __future__ import annotations

import re
from pathlib import Path


def id_of_folder(folder: Path) -> str:
    """A project's short name from its folder's: in lower case, with - for what a name may not hold."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    return (name if name[:1].isalpha() else f"p-{name}")[:40].rstrip("-") or "project"
