"""What makes an item's record of a reply's, by names in the files. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tapbot.nodes.services.google_docs_values import simple_document
from tapbot.nodes.services.notion_values import simple_database, simple_page

Shape = Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]]
_ALL: Sequence[Shape] = (simple_page, simple_database, simple_document)
SHAPES: Mapping[str, Shape] = {one.__name__: one for one in _ALL}
"""Each gets a record and the node's parameters."""
