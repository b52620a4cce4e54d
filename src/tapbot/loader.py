"""The one place that imports by name: channels, nodes, model libraries and parsers load when a project uses them."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from tapbot.errors import NotFound


def load(module: str) -> ModuleType:
    """Import a module by its dotted name.

    Args:
        module: For example `"tapbot.nodes.set.node"`.

    Raises:
        NotFound: There is no such module. A module that exists and fails to import raises its own error.
    """
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise NotFound(f"There is no module {module!r}.", code="loader.no_such_module")
    return importlib.import_module(module)
