"""From n8n's JSON to a workflow, with an error that names the place when the file is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject
from tapbot.workflow.items import item_from_json
from tapbot.workflow.types import Item, Node, OnError, Target, Workflow

MOST_NODES = 2000


def parse_workflow(raw: object, *, place: str) -> Workflow:
    """Read a workflow.

    Args:
        raw: The decoded file.
        place: What to call it in messages, for example its path.

    Raises:
        InvalidInput: The shape is wrong. `place` names the file and the node.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("nodes"), list):
        raise InvalidInput(
            "this is not a workflow: an object with `nodes` and `connections` is expected.",
            code="workflow.malformed",
            place=place,
            hint="Export the workflow from n8n, or see docs/tutorials/first-workflow.md.",
        )
    if len(raw["nodes"]) > MOST_NODES:
        raise InvalidInput(f"more than {MOST_NODES} nodes.", code="workflow.too_large", place=place)
    nodes: dict[str, Node] = {}
    for index, entry in enumerate(raw["nodes"]):
        parsed = _parse_node(entry, f"{place}, node {index + 1}")
        # Connections are by name, so of two nodes with one name n8n keeps the last; files like that are in use.
        nodes[parsed.name] = parsed
    settings = raw.get("settings") or {}
    return Workflow(
        id=str(raw.get("id") or raw.get("name") or place),
        name=str(raw.get("name") or raw.get("id") or place),
        active=bool(raw.get("active", False)),
        nodes=nodes,
        connections=_parse_connections(raw.get("connections") or {}, nodes, place),
        settings=cast(JsonObject, _object(settings, f"{place}, settings")),
        pin_data=_parse_pin_data(raw.get("pinData") or {}, place),
        raw=cast(JsonObject, raw),
    )


def _parse_node(entry: object, place: str) -> Node:
    data = _object(entry, place)
    name, type_name = data.get("name"), data.get("type")
    if not isinstance(name, str) or not isinstance(type_name, str) or not name:
        raise InvalidInput("a node needs a `name` and a `type`.", code="workflow.malformed", place=place)
    place = f"{place} ({name})"
    try:
        version = _finite(data.get("typeVersion") or 1)
        x, y = (_finite(part) for part in data.get("position") or (0, 0))
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            "`typeVersion` must be a number and `position` two numbers.", code="workflow.malformed", place=place
        ) from error
    return Node(
        id=str(data.get("id") or name),
        name=name,
        type=type_name,
        version=version,
        position=(x, y),
        parameters=cast(JsonObject, _object(data.get("parameters") or {}, f"{place}, parameters")),
        disabled=bool(data.get("disabled")),
        execute_once=bool(data.get("executeOnce")),
        always_output_data=bool(data.get("alwaysOutputData")),
        retry_on_fail=bool(data.get("retryOnFail")),
        max_tries=min(5, max(2, _whole(data.get("maxTries"), 3))),
        wait_between_tries_ms=min(5000, max(0, _whole(data.get("waitBetweenTries"), 1000))),
        on_error=_on_error(data, place),
        webhook_id=data.get("webhookId") if isinstance(data.get("webhookId"), str) else None,
        credentials=_object(data.get("credentials") or {}, f"{place}, credentials"),
    )


def _on_error(data: Mapping[str, Any], place: str) -> OnError:
    """`onError`, or the older `continueOnFail`."""
    value = data.get("onError") or (OnError.CONTINUE if data.get("continueOnFail") else OnError.STOP)
    try:
        return OnError(value)
    except ValueError as error:
        raise InvalidInput(f"unknown `onError`: {value!r}.", code="workflow.malformed", place=place) from error


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _whole(value: object, default: int) -> int:
    """A whole number; n8n takes 0 and absent for the default."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value or not math.isfinite(value):
        return default
    return int(value)


def _parse_connections(raw: object, nodes: Mapping[str, Node], place: str) -> dict[str, tuple[tuple[Target, ...], ...]]:
    """The `main` connections by node and output. Connections of AI parts are left to the rooms that know them."""
    connections: dict[str, tuple[tuple[Target, ...], ...]] = {}
    for source, kinds in _object(raw, f"{place}, connections").items():
        outputs = _object(kinds, f"{place}, connections of {source}").get("main") or []
        if source not in nodes:
            raise InvalidInput(
                f"a connection starts at {source!r}, which is no node.", code="workflow.missing_node", place=place
            )
        where = f"{place}, connections of {source}"
        connections[source] = tuple(
            tuple(_parse_target(target, nodes, where) for target in _list(output or [], where))
            for output in _list(outputs, where)
        )
    return connections


def _parse_target(raw: object, nodes: Mapping[str, Node], place: str) -> Target:
    data = _object(raw, place)
    name = data.get("node")
    if not isinstance(name, str) or name not in nodes:
        raise InvalidInput(
            f"a connection leads to {name!r}, which is no node.", code="workflow.missing_node", place=place
        )
    index = data.get("index") or 0
    if not isinstance(index, int) or not 0 <= index <= 100:
        raise InvalidInput(f"a connection's index is {index!r}.", code="workflow.malformed", place=place)
    return Target(node=name, input=index)


def _parse_pin_data(raw: object, place: str) -> dict[str, list[Item]]:
    pinned = {}
    for name, entries in _object(raw, f"{place}, pinData").items():
        if isinstance(entries, list):
            pinned[name] = [item_from_json(entry) for entry in entries]
    return pinned


def _list(value: object, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInput("a list is expected here.", code="workflow.malformed", place=place)
    return value


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput("an object is expected here.", code="workflow.malformed", place=place)
    return value
