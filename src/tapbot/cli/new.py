"""`tapbot new`: a small project that runs."""

from __future__ import annotations

from pathlib import Path

from tapbot.cli.printing import show
from tapbot.project.scaffold import make_project


def new(name: Path) -> None:
    """Make a small project that runs: a bot, a workflow, texts, a collection, knowledge and an eval.

    Args:
        name: Folder to make; its last part is the project's name.
    """
    made = make_project(name)
    show(f"Made {name} with {len(made)} files:")
    for path in made:
        show(f"  {path}")
    show(f"\nNext: tapbot up {name}, and tapbot test {name}")
