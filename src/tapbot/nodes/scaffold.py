"""Makes the folder of a new node, which runs as it is (`make new-node NAME=tapbot.weather`)."""

from __future__ import annotations

import re
from pathlib import Path

from tapbot.errors import Conflict, InvalidInput
from tapbot.nodes.catalogue import folder_of

TYPE_NAME = re.compile(r"(?:[a-zA-Z][\w-]*\.)?[a-z][a-zA-Z0-9]*")

INIT = '"""{label}: say in one line what it does."""\n'
NODE = '''"""{label}: say in one line what it does."""

from __future__ import annotations

from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class {class_name}Params(NodeParams):
    """What the node is told."""

    greeting: Text = "Hello"
    """Text that is written into each item."""


@node("{type_name}", {class_name}Params, version=1, label="{label}")
def {function}(params: {class_name}Params, item: Item, _step: Step) -> Item:
    """Write the greeting into the item."""
    return Item(json={{**item.json, "greeting": params.greeting}}, binary=item.binary)
'''
CASE = """{{
  "title": "A greeting is written",
  "about": "Other fields stay.",
  "parameters": {{
    "greeting": "=Hi {{{{ $json.name }}}}"
  }},
  "inputs": [
    [
      {{
        "json": {{
          "name": "Aigul"
        }}
      }}
    ]
  ],
  "expect": {{
    "outputs": [
      [
        {{
          "json": {{
            "name": "Aigul",
            "greeting": "Hi Aigul"
          }}
        }}
      ]
    ]
  }}
}}
"""
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" '
    'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
    '<rect x="4" y="4" width="16" height="16" rx="3"/></svg>\n'
)


def new_node(name: str, folder: Path) -> Path:
    """Write a node that greets, for its author to change.

    Args:
        name: Type name such as `"tapbot.weather"`; without a dot the prefix is `tapbot.`.
        folder: The room, `src/tapbot/nodes`.

    Returns:
        The new folder.

    Raises:
        InvalidInput: The name is no type name.
        Conflict: There is such a folder already.
    """
    if not TYPE_NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is no name for a node.", code="node.bad_name", hint="Write one such as tapbot.sendLetter."
        )
    type_name = name if "." in name else f"tapbot.{name}"
    place = folder / folder_of(type_name)
    if place.exists():
        raise Conflict(f"{place} is there already.", code="node.exists", hint="Choose another name.")
    words = place.name.strip("_").split("_")
    named = {
        "type_name": type_name,
        "class_name": "".join(word.capitalize() for word in words),
        "label": " ".join(words).capitalize(),
        "function": f"run_{'_'.join(words)}",
    }
    (place / "cases").mkdir(parents=True)
    for path, template in (("__init__.py", INIT), ("node.py", NODE), ("cases/a_greeting.json", CASE)):
        (place / path).write_text(template.format(**named), "utf-8")
    (place / "icon.svg").write_text(ICON, "utf-8")
    return place
