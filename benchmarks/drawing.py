"""Drawings of measures: one bar a figure, its goal as a mark, the floor and the peer in colours of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt  # after the choice of how to draw

OURS, FLOOR, PEER, GOAL = "#2f6fed", "#9aa5b1", "#d9822b", "#c0392b"


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure.

    Args:
        label: What was measured.
        value: Its length.
        note: Written at its end.
        colour: `OURS`, `FLOOR` or `PEER`.
        goal: Where a mark stands.
    """

    label: str
    value: float
    note: str
    colour: str = OURS
    goal: float | None = None


def draw(path: Path, bars: Sequence[Bar], axis: str) -> None:
    """Write bars as an SVG file.

    Args:
        axis: What the lengths mean, and how they were measured.
    """
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(bars) + 1))
    axes.barh(range(len(bars)), [bar.value for bar in bars], color=[bar.colour for bar in bars])
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
    for number, bar in enumerate(bars):
        axes.text(max(bar.value, bar.goal or 0), number, f" {bar.note}", va="center", fontsize=9)
        if bar.goal is not None:
            axes.plot([bar.goal, bar.goal], [number - 0.4, number + 0.4], color=GOAL, linewidth=2)
    if any(bar.goal is not None for bar in bars):
        axis = f"{axis}; the red mark is the goal"
    axes.invert_yaxis()
    axes.set_xlim(0, max(max(bar.value, bar.goal or 0) for bar in bars) * 1.35 or 1)
    axes.set_xlabel(axis)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)
