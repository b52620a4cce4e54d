"""Messages and rows as LinkedIn and NocoDB take them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tapbot.nodes.fields import read_text, split_names
from tapbot.workflow.types import Item


def linkedin_text(parameters: Mapping[str, Any], _item: Item) -> str:
    """The text of a post; marks that mean something in LinkedIn's "little text" stand for themselves."""
    return re.sub(r"([\\|{}@\[\]()<>#*_~])", r"\\\1", read_text(parameters.get("text")))


def nocodb_fields(parameters: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """The fields of a row: those that the node maps, or the item's own."""
    if parameters.get("dataToSend") == "autoMapInputData":
        ignored = split_names(read_text(parameters.get("inputsToIgnore")))
        return {name: value for name, value in item.json.items() if name not in ignored}
    entries = (parameters.get("fieldsUi") or {}).get("fieldValues") or []
    return {str(one["fieldName"]): one.get("fieldValue") for one in entries if one.get("fieldName")}
