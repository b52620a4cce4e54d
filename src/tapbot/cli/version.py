"""`tapbot version`."""

from __future__ import annotations

from tapbot import __version__
from tapbot.cli.printing import show


def version() -> None:
    """Print the version."""
    show(__version__)
