"""What a run keeps of its nodes, and how that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from tapbot.errors import LimitExceeded
from tapbot.storage.types import JsonObject
from tapbot.workflow.items import item_to_json
from tapbot.workflow.plan import NodeRun, Plan, Source

MOST_ITEMS_SHOWN = 200


def write_history(plan: Plan, before: JsonObject | None = None) -> JsonObject:
    """The outputs of all node runs, where their inputs came from, and the order. Inputs are not written twice.

    Args:
        before: What was written when the run left memory; it keeps what the plan no longer needs.
    """
    nodes = {name: [_write_node_run(run) for run in runs] for name, runs in plan.runs.items()}
    if before:
        for name, written in cast(dict[str, list[Any]], before.get("nodes", {})).items():
            nodes[name] = [*written, *nodes.get(name, ())[len(written) :]]
    return cast(JsonObject, {"order": list(plan.order), "nodes": nodes})


def _write_node_run(run: NodeRun) -> dict[str, Any]:
    written: dict[str, Any] = {
        "outputs": [[item_to_json(item) for item in output[:MOST_ITEMS_SHOWN]] for output in run.outputs],
        "counts": list(map(len, run.outputs)),
        "sources": [_write_source(source) for source in run.task.sources],
        "error": run.error,
        "started_at": run.started_at,
        "duration_ms": round(run.duration_ms, 3),
    }
    if run.console:
        written["console"] = list(run.console)
    return written


def _write_source(source: Source | None) -> list[Any] | None:
    return [source.node, source.output, source.run_index] if source else None


def show_nodes(history: dict[str, Any] | None, trigger_items: Sequence[Any]) -> dict[str, list[dict[str, Any]]]:
    """Node runs with their inputs and outputs, for the console.

    Args:
        history: As `write_history` wrote it.
        trigger_items: What the run began with, the input of its first node.
    """
    nodes = (history or {}).get("nodes", {})
    return {
        name: [_show_node_run(run, index, nodes, trigger_items) for index, run in enumerate(runs)]
        for name, runs in nodes.items()
    }


def printed_lines(nodes: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """What the code of nodes printed, line by line, with the node and its run before each; safe for a terminal.

    Args:
        nodes: As `show_nodes` shows them.
    """
    found = []
    for name, runs in nodes.items():
        for made in runs:
            of_run = f" (run {made['run_index'] + 1} of {len(runs)})" if len(runs) > 1 else ""
            lines = [part for line in made["console"] for part in line.split("\n")]
            found += [f"{name}{of_run}: {''.join(map(_visible, line))}" for line in lines]
    return found


def _visible(letter: str) -> str:
    """A letter as it is; code could otherwise move a terminal's cursor, or write over what stands there."""
    return letter if letter.isprintable() or letter == "\t" else "\N{REPLACEMENT CHARACTER}"


def _show_node_run(run: dict[str, Any], index: int, nodes: dict[str, Any], trigger_items: Sequence[Any]) -> Any:
    return {
        "run_index": index,
        "status": "failed" if run["error"] else "succeeded",
        "started_at": run["started_at"],
        "duration_ms": run["duration_ms"],
        "inputs": [_input_items(source, nodes, trigger_items) for source in run["sources"]],
        "outputs": run["outputs"],
        "counts": run["counts"],
        "error": run["error"],
        "console": run.get("console", []),
    }


def _input_items(source: list[Any] | None, nodes: dict[str, Any], trigger_items: Sequence[Any]) -> list[Any]:
    if source is None:
        return list(trigger_items)
    node, output, run_index = source
    outputs = nodes[node][run_index]["outputs"]
    return list(outputs[output]) if output < len(outputs) else []


def check_items(count: int, limit: int, node: str) -> None:
    """Refuse more items than a run may hold."""
    if count > limit:
        raise LimitExceeded(
            f"The node gave {count} items; a run holds {limit} at most.", code="run.too_many_items", place=node
        )
