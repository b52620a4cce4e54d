"""The wheel's build hook: a wheel never leaves without the console."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface[Any]):
    """Builds the console when it is missing from the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a wheel or an sdist is made; an editable install is left alone.

        Raises:
            SystemExit: There is no bundle and none can be built.
        """
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "scripts"))
        from build_console import ensure_bundle  # the script is beside us, not installed

        ensure_bundle(root)
