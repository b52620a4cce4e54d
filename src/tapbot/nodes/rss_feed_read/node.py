"""RSS Read: the entries of a feed, an item for each."""

from __future__ import annotations

from pydantic import Field

from tapbot import upstream
from tapbot.nodes.addresses import host_of
from tapbot.nodes.feeds import ACCEPTED, read_feed
from tapbot.nodes.fields import Text
from tapbot.nodes.lists.names import Names
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind


class FeedOptions(NodeParams):
    """Less used settings."""

    custom_fields: Names = Field(default_factory=list)
    """More elements of an entry to give, separated by commas."""
    ignore_ssl: bool = Field(default=False, alias="ignoreSSL")
    """Accepted; certificates are checked in any case."""


class RssFeedReadParams(NodeParams):
    """Which feed."""

    url: Text = ""
    """Address of the feed, RSS or Atom."""
    options: FeedOptions = Field(default_factory=FeedOptions)
    """Less used settings."""


@node("n8n-nodes-base.rssFeedRead", RssFeedReadParams, version=1.2, label="RSS Read", kind=StepKind.SAFE)
async def read(params: RssFeedReadParams, _item: Item, step: Step) -> list[Item]:
    """Give an item for each entry of the feed."""
    reply = await upstream.call(
        step.http,
        "GET",
        params.url.strip(),
        service=host_of(params.url),
        timeout_seconds=step.http_timeout_seconds,
        headers={"accept": ACCEPTED},
    )
    return [Item(json=entry) for entry in read_feed(reply.text, params.options.custom_fields)]
