"""`tapbot workflow check`: a folder of n8n's exports, looked through before anything is moved."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tapbot.cli.options import JsonOption
from tapbot.cli.printing import show, show_json, show_table
from tapbot.errors import NotFound
from tapbot.nodes import catalogue
from tapbot.project.exports import Examined, examine, read_exports, summarise, weigh
from tapbot.sandbox.expression_sandbox import ExpressionSandbox

MOST_SHOWN = 15


def check_exports(folder: Path, *, popularity: Path | None = None, json: JsonOption = False) -> int:
    """Say which workflows of a folder would run here, and what keeps the others from it.

    Args:
        folder: A folder of exports, with all below it, or one file.
        popularity: A usage table (`node_type`, `instances`, `typeVersions`, tab-separated) to weigh node types by.

    Returns:
        1 when a workflow would not run as it is.
    """
    if popularity is not None and not popularity.is_file():
        raise NotFound("there is no such table.", code="workflow.no_file", place=str(popularity))
    examined = asyncio.run(_examine_all(folder))
    summary = summarise(examined, catalogue)
    if popularity is not None:
        summary["popularity"] = weigh(popularity.read_text("utf-8"), catalogue)
    if json:
        show_json({**summary, "files": [_as_json(one) for one in examined]})
    else:
        _show(examined, summary)
    return 0 if all(one.runs for one in examined) else 1


async def _examine_all(folder: Path) -> list[Examined]:
    async with ExpressionSandbox() as sandbox:
        return [await examine(path, raw, catalogue, sandbox) for path, raw in read_exports(folder)]


def _as_json(one: Examined) -> dict[str, Any]:
    findings = [
        {
            "code": finding.code,
            "message": finding.message,
            "node": finding.node,
            "type": finding.node_type,
            "hint": finding.hint,
            "blocking": finding.blocking,
        }
        for finding in one.findings
    ]
    return {
        "path": one.path,
        "name": one.name,
        "runs": one.runs,
        "features": list(one.features),
        "types": [{"type": name, "version": version, "nodes": count} for (name, version), count in one.types.items()],
        "findings": findings,
    }


def _show(examined: list[Examined], summary: dict[str, Any]) -> None:
    for one in examined:
        show(f"{'runs   ' if one.runs else 'BLOCKED'}  {one.path}  {one.name}")
        for finding in one.findings:
            if finding.blocking:
                where = f"node {finding.node!r}: " if finding.node_type else ""
                show(f"          {where}{finding.message}" + (f" {finding.hint}" if finding.hint else ""))
    show("")
    show(f"{summary['runnable']} of {summary['workflows']} workflows run as they are ({summary['share_runnable']} %).")
    share = summary["share_nodes_supported"]
    show(f"{summary['nodes_supported']} of {summary['nodes']} nodes are supported ({share} %).")
    if summary["features"]:
        show("Used: " + ", ".join(f"{name} ({count})" for name, count in summary["features"].items()) + ".")
    if summary["to_change"]:
        show("\nWhat to change first:")
        rows = summary["to_change"][:MOST_SHOWN]
        show_table(rows, {"workflows": "BLOCKS", "alone": "ALONE", "reason": "REASON"}, empty="")
    if "popularity" in summary:
        weighed = summary["popularity"]
        share = f"{weighed['nodes_supported']} of {weighed['nodes']} nodes ({weighed['share_nodes_supported']} %)"
        show(f"\nOf the usage table, {share} are of supported types and versions.")
        show_table(weighed["missing"][:MOST_SHOWN], {"nodes": "NODES", "type": "MISSING"}, empty="Nothing is missing.")
