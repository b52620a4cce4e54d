"""Item Lists: what later became Split Out, Aggregate, Sort, Limit, Remove Duplicates and Summarize."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.nodes.item_lists.upgrade import upgrade
from tapbot.nodes.lists.aggregating import AggregateParams, aggregate_items
from tapbot.nodes.lists.duplicates import DuplicateParams, remove_duplicates
from tapbot.nodes.lists.limiting import LimitParams, limit_items
from tapbot.nodes.lists.sorting import SortParams, sort_items
from tapbot.nodes.lists.splitting import SplitParams, split_item
from tapbot.nodes.lists.summarizing import SummarizeParams, summarize_items
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs


class ItemListsParams(NodeParams):
    """What to do; each operation's settings are those of the node that it became."""

    operation: Literal["splitOutItems", "concatenateItems", "limit", "removeDuplicates", "sort", "summarize"] = (
        "splitOutItems"
    )
    """What to do."""
    split: SplitParams = Field(default_factory=SplitParams)
    """Settings of `splitOutItems`."""
    concatenate: AggregateParams = Field(default_factory=AggregateParams)
    """Settings of `concatenateItems`."""
    limit: LimitParams = Field(default_factory=LimitParams)
    """Settings of `limit`."""
    duplicates: DuplicateParams = Field(default_factory=DuplicateParams)
    """Settings of `removeDuplicates`."""
    sort: SortParams = Field(default_factory=SortParams)
    """Settings of `sort`."""
    summarize: SummarizeParams = Field(default_factory=SummarizeParams)
    """Settings of `summarize`."""


@batch_node("n8n-nodes-base.itemLists", ItemListsParams, version=3.1, label="Item Lists", upgrade=upgrade)
async def item_lists(call: NodeCall[ItemListsParams]) -> Outputs:
    """Split, join, sort, cut or summarize items."""
    params, items = call.params, call.items
    match params.operation:
        case "splitOutItems":
            return [_split_all(call)]
        case "concatenateItems":
            return [[aggregate_items(params.concatenate, items)]]
        case "limit":
            return [limit_items(params.limit, items)]
        case "removeDuplicates":
            return [remove_duplicates(params.duplicates, items)]
        case "sort":
            return [await sort_items(params.sort, items, call.step)]
    return [summarize_items(params.summarize, items)]


def _split_all(call: NodeCall[ItemListsParams]) -> list[Item]:
    made: list[Item] = []
    for index, item in enumerate(call.items):
        for one in split_item(call.resolve(index).split, item):
            one.paired_item = item.paired_item
            made.append(one)
    return made
