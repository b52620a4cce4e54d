"""Limit: the first items, or the last."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.workflow.node import NodeParams
from tapbot.workflow.types import Item


class LimitParams(NodeParams):
    """How many items to keep."""

    max_items: int = Field(default=1, ge=1)
    """How many items to keep; where there are fewer, all are kept."""
    keep: Literal["firstItems", "lastItems"] = "firstItems"
    """Which ones."""


def limit_items(params: LimitParams, items: list[Item]) -> list[Item]:
    """The items that stay."""
    return items[: params.max_items] if params.keep == "firstItems" else items[-params.max_items :]
