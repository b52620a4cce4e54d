"""Every method of the Bot API that does something here, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tapbot.emulators.telegram import media, methods

MODULES = (methods, media)
"""Each registers its methods when it is imported."""
METHODS: Mapping[str, methods.Method] = methods.METHODS
