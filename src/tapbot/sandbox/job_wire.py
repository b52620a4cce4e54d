"""What of a job is sent to a child: only what its scripts can ask for."""

from __future__ import annotations

import re
from typing import Any

from tapbot.sandbox.types import CodeJob, ExpressionJob, NodeView

_OTHER_ITEMS = re.compile(r"\$input|\$items|\$item\b|\$data|\$\(|\$node|\bthis\b|\$jmes")
_PARAMS = re.compile(r"param|\bthis\b|\[|\\\\")
_OTHER_NODES = re.compile(r"\$\s*\(|\$node\b|\$items\b|\bthis\b")
_COMPUTED_NAME = re.compile(
    r"\$\s*\(\s*[^'\"`\s]|\$node\s*(?:\?\.)?\[\s*[^'\"`\s]|\$items\s*\(\s*[^'\"`\s)]|\bthis\b|\\"
)


def _node_wire(view: NodeView, code: str) -> dict[str, Any]:
    return {
        "items": view.items,
        "pairs": view.pairs,
        "partners": view.partners,
        "runs": view.runs,
        "params": view.params if _PARAMS.search(code) else {},
        "run_index": view.run_index,
        "outputs": view.outputs,
        "context": view.context,
    }


def nodes_wire(nodes: dict[str, NodeView], code: str) -> dict[str, Any]:
    """The nodes that `code` can name; all of them when it computes a name."""
    if not nodes or not _OTHER_NODES.search(code):
        return {}
    if _COMPUTED_NAME.search(code):
        return {name: _node_wire(view, code) for name, view in nodes.items()}
    return {name: _node_wire(view, code) for name, view in nodes.items() if name in code}


def expression_wire(job: ExpressionJob) -> dict[str, Any]:
    """The job as `js/expressions.js` reads it."""
    code = "\n".join(template for template in job.templates if template.startswith("="))
    wire: dict[str, Any] = {
        "templates": job.templates,
        "items": job.items,
        "item_indexes": job.item_indexes,
        "nodes": nodes_wire(job.nodes, code),
        "run": job.run,
        "globals": job.globals,
        "typed": job.typed,
    }
    if "arameter" in code or "this" in code:
        wire["parameters"] = job.parameters
    if job.previous is not None and "$" in code:
        wire["previous"] = job.previous
    if len(job.items) > len(job.item_indexes) and not _OTHER_ITEMS.search(code):
        wire["items"] = [job.items[index] for index in job.item_indexes if 0 <= index < len(job.items)]
        wire["positions"] = {
            index: at for at, index in enumerate(i for i in job.item_indexes if 0 <= i < len(job.items))
        }
    return wire


def code_wire(job: CodeJob) -> dict[str, Any]:
    """The job as `js/code.js` reads it."""
    return {
        "source": job.source,
        "mode": job.mode,
        "keep_going": job.keep_going,
        "static": job.static,
        "node": job.node,
        "items": job.items,
        "nodes": nodes_wire(job.nodes, job.source),
        "run": job.run,
        "parameters": job.parameters,
        "previous": job.previous,
        "globals": job.globals,
    }
