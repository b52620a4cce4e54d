"""YAML with line numbers: plain values, and the line on which each of them stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from tapbot.errors import InvalidInput, TooLarge

LIMIT_CHARACTERS = 1_000_000

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Document:
    """A YAML file that was read: its value, and lines by path (keys and indexes from the top)."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line_of(self, path: Path) -> int:
        """Line of a value, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


def read_yaml(text: str, *, path: str) -> Document:
    """Read one YAML document.

    Args:
        path: Name of the file, for messages.

    Raises:
        InvalidInput: It is not YAML, or a key stands twice; the message has file and line.
        TooLarge: It is over a megabyte.
    """
    if len(text) > LIMIT_CHARACTERS:
        raise TooLarge(f"the file has more than {LIMIT_CHARACTERS} characters.", code="yaml.too_large", place=path)
    try:
        # An alias could unfold a small file into gigabytes, and no definition needs one.
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise _wrong("aliases (*name) are not allowed here", path, event.start_mark)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _wrong(f"not valid YAML: {error.problem}", path, mark) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"not valid YAML: {error}.", code="yaml.invalid", place=path) from error
    document = Document()
    if root is not None:
        document.value = _plain(root, (), document.lines, path)
    return document


def _plain(node: yaml.Node, at: Path, lines: dict[Path, int], path: str) -> Any:
    """Turn a node into a plain value and note its line."""
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, (*at, index), lines, path) for index, each in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node, path)
            if key in mapping:
                raise _wrong(f"the key {key!r} stands here a second time", path, key_node.start_mark)
            lines[(*at, key)] = key_node.start_mark.line + 1
            mapping[key] = _plain(value_node, (*at, key), lines, path)
        return mapping
    return _scalar(node, path)


def _scalar(node: yaml.Node, path: str) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong("a key must be a plain word", path, node.start_mark)
    try:
        return _constructor.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise _wrong(f"{node.value!r} cannot be read", path, node.start_mark) from error


def _wrong(what: str, path: str, mark: Any) -> InvalidInput:
    line = mark.line + 1 if mark else 1
    return InvalidInput(f"{what}.", code="yaml.invalid", place=f"{path}:{line}")


_constructor = yaml.constructor.SafeConstructor()
