"""What changed between two versions of a workflow, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tapbot.errors import InvalidInput

NOT_TOLD = frozenset({"id", "name", "type", "typeVersion", "position", "parameters"})
"""Keys of a node that have words of their own, or none."""
ABSENT = object()
LONGEST_VALUE = 120


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Args:
        kind: For example `"parameter"`, `"node_added"`, `"connection_removed"`.
        where: The node, connection or setting.
        sentence: The change in words.
    """

    kind: str
    where: str
    sentence: str
    old: Any = None
    new: Any = None


def review(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The differences between two workflow files, the weightiest kinds first. Nodes are matched by id, then by name.

    Raises:
        InvalidInput: One of them is no workflow.
    """
    before, after = _nodes(old), _nodes(new)
    pairs = _match(before, after)
    renamed = {one["name"]: other["name"] for one, other in pairs if one["name"] != other["name"]}
    matched_old = {one["name"] for one, _ in pairs}
    matched_new = {other["name"] for _, other in pairs}
    changes = [
        Change("node_added", node["name"], f"Node {node['name']!r} ({_kind(node)}) is new.", new=node)
        for node in after
        if node["name"] not in matched_new
    ]
    changes += [
        Change("node_removed", node["name"], f"Node {node['name']!r} ({_kind(node)}) is gone.", old=node)
        for node in before
        if node["name"] not in matched_old
    ]
    changes += [
        Change("node_renamed", now, f"Node {was!r} is called {now!r} now.", was, now) for was, now in renamed.items()
    ]
    for one, other in pairs:
        changes += _node_changes(one, other)
    changes += _connection_changes(old, new, renamed)
    changes += _top_changes(old, new)
    return changes


def _nodes(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    nodes = raw.get("nodes")
    if not isinstance(nodes, list) or not all(isinstance(node, dict) and "name" in node for node in nodes):
        raise InvalidInput("this is not a workflow: its nodes need names.", code="workflow.malformed")
    return nodes


def _match(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    by_id = {node["id"]: node for node in after if node.get("id")}
    pairs = [(node, by_id.pop(node["id"])) for node in before if node.get("id") in by_id]
    taken = {id(node) for pair in pairs for node in pair}
    by_name = {node["name"]: node for node in after if id(node) not in taken}
    pairs += [(node, by_name.pop(node["name"])) for node in before if id(node) not in taken and node["name"] in by_name]
    return pairs


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("type", "")).rpartition(".")[2]


def _node_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    name = str(new["name"])
    if old.get("type") != new.get("type"):
        yield Change(
            "node_type",
            name,
            f"Node {name!r} is a {_kind(new)} now; it was a {_kind(old)}.",
            old.get("type"),
            new.get("type"),
        )
    if old.get("typeVersion", 1) != new.get("typeVersion", 1):
        versions = old.get("typeVersion", 1), new.get("typeVersion", 1)
        yield Change("version", name, f"Node {name!r} goes from version {versions[0]} to {versions[1]}.", *versions)
    for path, was, now in compare(old.get("parameters") or {}, new.get("parameters") or {}):
        yield Change(
            "parameter", f"{name}.{path}", f"Node {name!r}: `{path}` {_words(was, now)}", _json(was), _json(now)
        )
    for key in sorted((old.keys() | new.keys()) - NOT_TOLD):
        was, now = old.get(key, ABSENT), new.get(key, ABSENT)
        if was != now:
            yield Change(
                "node_setting", f"{name}.{key}", f"Node {name!r}: {_setting(key, was, now)}", _json(was), _json(now)
            )
    if old.get("position") != new.get("position"):
        yield Change("moved", name, f"Node {name!r} was moved on the canvas.", old.get("position"), new.get("position"))


def _setting(key: str, was: Any, now: Any) -> str:
    if key == "disabled":
        return "is switched off." if now is True else "is switched on."
    return f"setting `{key}` {_words(was, now)}"


def compare(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The places where two JSON values differ: path, old and new value, `ABSENT` where there is none."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from compare(old.get(key, ABSENT), new.get(key, ABSENT), inner)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            one = old[index] if index < len(old) else ABSENT
            other = new[index] if index < len(new) else ABSENT
            yield from compare(one, other, f"{path}[{index}]")
    elif old is not new and (type(old) is not type(new) or old != new):
        yield path, old, new


def _words(was: Any, now: Any) -> str:
    if was is ABSENT:
        return f"is new: {_show(now)}."
    if now is ABSENT:
        return f"is gone; it was {_show(was)}."
    return f"changed from {_show(was)} to {_show(now)}."


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _json(value: Any) -> Any:
    return None if value is ABSENT else value


def _connection_changes(old: Mapping[str, Any], new: Mapping[str, Any], renamed: Mapping[str, str]) -> Iterator[Change]:
    before = {(renamed.get(a, a), kind, out, renamed.get(b, b), slot) for a, kind, out, b, slot in _edges(old)}
    after = set(_edges(new))
    for kind, edges, verb in (("added", after - before, "leads to"), ("removed", before - after, "no longer leads to")):
        for source, link, output, target, slot in sorted(edges):
            through = "" if link == "main" else f" ({link})"
            sentence = f"Output {output + 1} of {source!r} {verb} input {slot + 1} of {target!r}{through}."
            yield Change(f"connection_{kind}", f"{source} → {target}", sentence)


def _edges(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, int, str, int]]:
    for source, kinds in (raw.get("connections") or {}).items():
        for link, outputs in kinds.items():
            for output, targets in enumerate(outputs or []):
                for target in targets or []:
                    yield source, link, output, str(target.get("node")), int(target.get("index") or 0)


def _top_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        if key in {"nodes", "connections"}:
            continue
        for path, was, now in compare(old.get(key, ABSENT), new.get(key, ABSENT), key):
            yield Change("workflow", path, f"The workflow's `{path}` {_words(was, now)}", _json(was), _json(now))
