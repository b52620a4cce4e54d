"""RSS Feed Trigger: starts when a feed has new entries."""

from __future__ import annotations

import hashlib
from typing import Any

from tapbot import upstream
from tapbot.nodes.addresses import host_of
from tapbot.nodes.feeds import ACCEPTED, read_feed
from tapbot.nodes.fields import Text
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.nodes.schedules.polling import read_poll_times
from tapbot.storage.types import JsonObject
from tapbot.upstream import HttpClient
from tapbot.workflow.node import NodeCall, trigger_node
from tapbot.workflow.polling import Look, Polled
from tapbot.workflow.types import Item, Outputs, StepKind

MOST_REMEMBERED = 5_000


class RssFeedReadTriggerParams(ScheduleTriggerParams):
    """Which feed, and how often it is looked at."""

    feed_url: Text = ""
    """Address of the feed, RSS or Atom."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """When it looks, and that it has no expressions."""
    return read_poll_times(parameters, place="feedUrl")


async def look(at: Look) -> Polled:
    """The entries that the feed did not have when it was looked at before; at first, none."""
    url = at.params.feed_url.strip()
    entries = await _entries(at.http, url, at.http_timeout_seconds)
    known: Any = at.position if at.position and at.position.get("feed") == url else None
    seen: list[str] = known["seen"] if known else []
    names = {_name_of(entry): entry for entry in entries}
    new = [Item(json=entry) for name, entry in names.items() if known and name not in set(seen)]
    remembered = [*names, *(name for name in seen if name not in names)][:MOST_REMEMBERED]
    return Polled(new, {"feed": url, "seen": [*remembered]})


@trigger_node(
    "n8n-nodes-base.rssFeedReadTrigger",
    RssFeedReadTriggerParams,
    version=1,
    label="RSS Feed Trigger",
    trigger="poll",
    inputs=0,
    kind=StepKind.SAFE,
    upgrade=upgrade,
    poll=look,
)
async def start_by_feed(call: NodeCall[RssFeedReadTriggerParams]) -> Outputs:
    """Pass on the new entries; a run by hand gets the newest one, so that there is something to build on."""
    if any(item.json for item in call.items):
        return [call.items]
    entries = await _entries(call.step.http, call.params.feed_url.strip(), call.step.http_timeout_seconds)
    return [[Item(json=entry) for entry in entries[:1]]]


async def _entries(http: HttpClient, url: str, timeout_seconds: float) -> list[JsonObject]:
    reply = await upstream.call(
        http, "GET", url, service=host_of(url), timeout_seconds=timeout_seconds, headers={"accept": ACCEPTED}
    )
    return read_feed(reply.text, [])


def _name_of(entry: JsonObject) -> str:
    """What tells an entry from others: its id, else its link, else its title; short, for thousands are remembered."""
    told = next((entry[key] for key in ("guid", "id", "link", "title") if entry.get(key)), "")
    return hashlib.sha256(str(told).encode()).hexdigest()[:16]
