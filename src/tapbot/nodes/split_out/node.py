"""Split Out: each entry of a list becomes an item."""

from __future__ import annotations

from tapbot.nodes.lists.splitting import SplitParams, split_item
from tapbot.workflow.node import Step, node
from tapbot.workflow.types import Item


@node("n8n-nodes-base.splitOut", SplitParams, version=1, label="Split Out")
def split_out(params: SplitParams, item: Item, _step: Step) -> list[Item]:
    """Give an item for each entry of the named lists."""
    return split_item(params, item)
