"""Scaffold a node or a channel: its folder, and a fragment of the change log. `make new-node`, `make new-channel`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tapbot.nodes.catalogue import folder_of

ROOT = Path(__file__).resolve().parent.parent

NODE = '''"""{label}: say in one line what it does."""

from __future__ import annotations

from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class {name}Params(NodeParams):
    """What to do."""

    greeting: str = "Hello"
    """The form shows this line as help."""


@node("{type}", {name}Params, version=1, label="{label}")
def {folder}(params: {name}Params, item: Item, _step: Step) -> Item:
    """Say what happens to each item. Without an effect the node is pure; else give its step kind."""
    return Item(json={{**item.json, "greeting": params.greeting}})
'''

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" '
    'stroke="currentColor" stroke-width="2"><circle cx="12" cy="12" r="8"/></svg>\n'
)

CASE = {
    "title": "The greeting is added",
    "about": "An expression sees the item's own fields.",
    "parameters": {"greeting": "={{ 'Hello, ' + $json.name }}"},
    "inputs": [[{"json": {"name": "Aigerim"}}]],
    "expect": {"outputs": [[{"json": {"name": "Aigerim", "greeting": "Hello, Aigerim"}}]]},
}

CHANNEL = '''"""The {label} channel of one bot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from tapbot.channels.limits import Limits
from tapbot.channels.types import Delivered, Inbound, Outgoing
from tapbot.errors import InvalidInput, NotAllowed
from tapbot.upstream import HttpClient

LIMITS = Limits(text_units=4096, inbound_text_units=4096, buttons=10, label_units=60, value_bytes=64)


def create(section: object, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> {name}Channel:
    """Make the channel from its settings."""
    del section
    return {name}Channel(http, bot_id=bot_id, now=now)


class {name}Channel:
    """Keeps the contract of `channels/types.py`; `tests/contract/channels` shows what is promised."""

    name = "{folder}"
    limits = LIMITS

    def __init__(self, http: HttpClient, *, bot_id: str, now: Callable[[], datetime]) -> None:
        self._http = http
        self._bot_id = bot_id
        self._now = now

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Check that a request comes from {label}."""
        raise NotAllowed("The channel does not verify requests yet.", code="{folder}.not_verified")

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Read what customers did."""
        raise InvalidInput("The channel does not read messages yet.", code="{folder}.not_a_message")

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Send one message."""
        raise InvalidInput("The channel does not send messages yet.", code="{folder}.not_sent")

    async def acknowledge(self, inbound: Inbound) -> None:
        """Nothing waits for a press."""
'''


def make_node(type_name: str) -> list[Path]:
    """Make the folder of a node.

    Args:
        type_name: For example `tapbot.myNode`.
    """
    if not re.fullmatch(r"[a-z][a-zA-Z0-9-]*\.[a-z][a-zA-Z0-9]*", type_name):
        raise SystemExit(f"{type_name!r} is no node type. Say: make new-node NAME=tapbot.myNode")
    folder, last = folder_of(type_name), type_name.rpartition(".")[2]
    label = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last).capitalize()
    words = {"type": type_name, "folder": folder, "name": last[:1].upper() + last[1:], "label": label}
    return write(
        {
            f"src/tapbot/nodes/{folder}/__init__.py": f'"""{label}."""\n',
            f"src/tapbot/nodes/{folder}/node.py": NODE.format(**words),
            f"src/tapbot/nodes/{folder}/icon.svg": ICON,
            f"src/tapbot/nodes/{folder}/cases/first.json": json.dumps(CASE, indent=2) + "\n",
            f"changes/+node-{folder.replace('_', '-')}.added.md": f"Node `{type_name}`: say what it is for.\n",
        }
    )


def make_channel(name: str) -> list[Path]:
    """Make the folder of a channel.

    Args:
        name: For example `viber`.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise SystemExit(f"{name!r} is no channel's name. Say: make new-channel NAME=viber")
    words = {"folder": name, "name": name.title().replace("_", ""), "label": name.replace("_", " ").capitalize()}
    return write(
        {
            f"src/tapbot/channels/{name}/__init__.py": f'"""The {words["label"]} channel."""\n',
            f"src/tapbot/channels/{name}/channel.py": CHANNEL.format(**words),
            f"changes/+channel-{name.replace('_', '-')}.added.md": f"Channel {words['label']}: say what it can do.\n",
        }
    )


def write(files: dict[str, str]) -> list[Path]:
    """Write files that are not there yet.

    Raises:
        SystemExit: One of them is.
    """
    paths = {ROOT / path: text for path, text in files.items()}
    there = [str(path.relative_to(ROOT)) for path in paths if path.exists()]
    if there:
        raise SystemExit(f"There is already {', '.join(there)}.")
    for path, text in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(paths)


NEXT = {
    "node": "Its case runs in `.venv/bin/pytest tests/contract/nodes`; `make docs` puts it into the reference.",
    "channel": "Add a section for its settings to `ChannelsSection` in settings/sections.py, and the channel to "
    "tests/contract/channels/conftest.py: the suite then says what is left to do.",
}

if __name__ == "__main__":
    kind, wanted = [*sys.argv, "", ""][1:3]
    made = {"node": make_node, "channel": make_channel}[kind](wanted)
    print("\n".join(str(path.relative_to(ROOT)) for path in made))
    print(NEXT[kind])
