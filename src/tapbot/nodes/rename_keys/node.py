"""Rename Keys: gives fields other names."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tapbot.nodes.fields import Text
from tapbot.nodes.paths import get_path, remove_path, set_path
from tapbot.nodes.patterns import replace
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class Key(NodeParams):
    """A field and its new name."""

    current_key: Text = ""
    """Name now, or the path of a nested field."""
    new_key: Text = ""
    """New name, or path."""


class Keys(NodeParams):
    """The fields to rename."""

    key: list[Key] = Field(default_factory=list)
    """Fields."""


class ReplacementOptions(NodeParams):
    """Less used settings of a pattern."""

    case_insensitive: bool = False
    """Treat upper and lower case letters as the same."""
    depth: int = Field(default=-1, ge=-1)
    """How deep nested objects are renamed: 0 is the top alone, -1 all."""


class Replacement(NodeParams):
    """A pattern for names."""

    search_regex: Text = ""
    """Pattern that is looked for in names."""
    replace_regex: Text = ""
    """Text for what it found; `$1` stands for its first group."""
    options: ReplacementOptions = Field(default_factory=ReplacementOptions)
    """Less used settings."""


class Replacements(NodeParams):
    """Patterns for names."""

    replacements: list[Replacement] = Field(default_factory=list)
    """Patterns, one after the other."""


class RenameOptions(NodeParams):
    """Less used settings."""

    regex_replacement: Replacements = Field(default_factory=Replacements)
    """Renaming by patterns."""


class RenameKeysParams(NodeParams):
    """What to rename."""

    keys: Keys = Field(default_factory=Keys)
    """Fields to rename."""
    additional_options: RenameOptions = Field(default_factory=RenameOptions)
    """Less used settings."""


@node("n8n-nodes-base.renameKeys", RenameKeysParams, version=1, label="Rename Keys")
def rename_keys(params: RenameKeysParams, item: Item, _step: Step) -> Item:
    """Rename the fields; the others keep their places, the renamed ones come last."""
    record: JsonObject = dict(item.json)
    for key in params.keys.key:
        if not key.current_key or not key.new_key or key.current_key == key.new_key:
            continue
        found, value = get_path(record, key.current_key)
        if found:
            set_path(record, key.new_key, value, dots=key.new_key not in record)
            remove_path(record, key.current_key)
    for replacement in params.additional_options.regex_replacement.replacements:
        if replacement.search_regex:
            record = _rename(record, replacement, replacement.options.depth)
    return Item(json=record, binary=item.binary)


def _rename(value: Any, replacement: Replacement, depth: int) -> Any:
    """The value with the names of its objects replaced."""
    if isinstance(value, list):
        return [_rename(entry, replacement, depth - 1) for entry in value] if depth else value
    if not isinstance(value, dict):
        return value
    ignore_case = replacement.options.case_insensitive
    renamed: dict[str, Any] = {}
    for name, entry in value.items():
        new_name = replace(replacement.search_regex, name, replacement.replace_regex, ignore_case=ignore_case)
        renamed[new_name] = _rename(entry, replacement, depth - 1) if depth else entry
    return renamed
