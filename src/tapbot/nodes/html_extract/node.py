"""HTML Extract: values out of HTML, as version 1 of the node HTML did."""

from __future__ import annotations

from tapbot.nodes.markup.extract import ExtractParams, extract_values
from tapbot.workflow.node import Step, node
from tapbot.workflow.types import Item


@node("n8n-nodes-base.htmlExtract", ExtractParams, version=1, label="HTML Extract")
def extract(params: ExtractParams, item: Item, _step: Step) -> list[Item]:
    """Take values out of HTML by CSS selectors."""
    return [Item(json=record) for record in extract_values(params, item)]
