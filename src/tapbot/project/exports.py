"""A folder of n8n's exports: which would run here, which would not, and what to change. No project is needed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapbot.errors import InvalidInput, NotFound, TapbotError
from tapbot.project.workflow_check import check_expressions, check_parameters
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.workflow.load import parse_workflow
from tapbot.workflow.node import NodeType
from tapbot.workflow.release import Catalogue, prepare_workflow
from tapbot.workflow.types import Node, OnError, Workflow

MOST_FILE_BYTES = 20_000_000
ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about a workflow.

    Args:
        node: The node that it is about, if one.
        node_type: Its type in the file.
        blocking: The workflow cannot be loaded here as it is.
    """

    code: str
    message: str
    node: str | None = None
    node_type: str | None = None
    hint: str | None = None
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class Examined:
    """One workflow of the folder.

    Args:
        types: How often each type occurs, by type and version.
        features: What it uses beside nodes, such as `order v0`.
    """

    path: str
    name: str
    types: Mapping[tuple[str, float], int] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether it can be loaded here as it is."""
        return not any(finding.blocking for finding in self.findings)


def read_exports(folder: Path) -> Iterator[tuple[str, Any]]:
    """Every workflow below a folder, or in one file: a file holds one or a list of them.

    Yields:
        Where it is, and the decoded workflow, or an `InvalidInput` when the file is no JSON.

    Raises:
        NotFound: There is no such folder or file.
    """
    if not folder.exists():
        raise NotFound("there is no such folder.", code="workflow.no_file", place=str(folder))
    files = sorted(folder.rglob("*.json")) if folder.is_dir() else [folder]
    for file in files:
        place = str(file.relative_to(folder)) if folder.is_dir() else file.name
        raw = _read(file, place)
        several = _several(raw)
        if several is None:
            if not folder.is_dir() or isinstance(raw, InvalidInput) or looks_like_workflow(raw):
                yield place, raw
        else:
            yield from ((f"{place}[{index}]", one) for index, one in enumerate(several))


def looks_like_workflow(raw: Any) -> bool:
    """Whether decoded JSON is meant as a workflow; a folder holds other files too."""
    return isinstance(raw, dict) and isinstance(raw.get("nodes"), list)


def _several(raw: Any) -> list[Any] | None:
    """The workflows of a list, or of what n8n's public API answers."""
    inner = raw.get("data") if isinstance(raw, dict) and "nodes" not in raw else raw
    if isinstance(inner, list) and inner and all(looks_like_workflow(one) for one in inner):
        return inner
    return None


def _read(file: Path, place: str) -> Any:
    try:
        if file.stat().st_size > MOST_FILE_BYTES:
            return InvalidInput(f"the file is larger than {MOST_FILE_BYTES} bytes.", place=place)
        return json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        return InvalidInput(f"the file is not readable JSON: {error}.", code="workflow.malformed", place=place)


async def examine(path: str, raw: Any, catalogue: Catalogue, sandbox: ExpressionSandbox) -> Examined:
    """What there is to know about one workflow."""
    if isinstance(raw, TapbotError):
        return Examined(path, path, findings=(_told(raw),))
    try:
        workflow = parse_workflow(raw, place=path)
    except TapbotError as error:
        return Examined(path, path, findings=(_told(error),))
    nodes = [node for node in workflow.nodes.values() if not node.type.endswith(".stickyNote")]
    findings = [found for node in nodes if (found := _lacking(node, catalogue)) is not None]
    if not findings:
        findings = await _look_closer(workflow, path, catalogue, sandbox)
    types = Counter((node.type, node.version) for node in nodes)
    return Examined(path, workflow.name, types, tuple(sorted(_features(workflow))), (*findings, *_notes(nodes)))


def _lacking(node: Node, catalogue: Catalogue) -> Finding | None:
    """A type or a version that is not here; disabled nodes need none."""
    if node.disabled:
        return None
    supported, message, hint = judge_type(node.type, node.version, catalogue)
    if supported:
        return None
    return Finding("workflow.unknown_node", message, node.name, node.type, hint)


def judge_type(type_name: str, version: float, catalogue: Catalogue) -> tuple[bool, str, str | None]:
    """Whether a node type runs here in a version; else why not, and what to do."""
    try:
        found: NodeType = catalogue.find(type_name)
    except NotFound as error:
        return False, f"the node type {type_name} is not here yet.", error.hint
    if int(version) > int(found.version):
        return False, f"{type_name} is known up to version {found.version:g}; the file has {version:g}.", None
    return True, "", None


async def _look_closer(
    workflow: Workflow, path: str, catalogue: Catalogue, sandbox: ExpressionSandbox
) -> list[Finding]:
    """Parameters and expressions, once every type is known."""
    try:
        prepared = prepare_workflow(workflow, catalogue, scope_name="check", zone=ZONE, place=path)
    except TapbotError as error:
        return [_told(error)]
    findings = []
    for node in prepared.nodes.values():
        told = check_parameters(node, "") if not node.node.disabled else []
        found = [(problem, True) for problem in told]
        found += [(problem, False) for problem in await check_expressions(node, "", sandbox)]
        for problem, blocking in found:
            place = problem.place.removeprefix(", ")
            message = f"{place}: {problem.message}" if place else problem.message
            findings.append(Finding(problem.code, message, node.node.name, node.node.type, problem.hint, blocking))
    return findings


def _told(error: TapbotError) -> Finding:
    return Finding(error.code, str(error.message), error.place, None, error.hint)


def _notes(nodes: Iterable[Node]) -> Iterator[Finding]:
    """What has to be set up by hand."""
    for node in nodes:
        if node.credentials and not node.disabled:
            kinds = ", ".join(sorted(map(str, node.credentials)))
            message = f"needs credentials ({kinds}), which an export does not hold."
            yield Finding("workflow.credentials", message, node.name, node.type, "Enter them here.", blocking=False)


def _features(workflow: Workflow) -> set[str]:
    """What a workflow uses beside its nodes."""
    nodes = workflow.nodes.values()
    raw: Any = workflow.raw
    kinds = {kind for kinds in (raw.get("connections") or {}).values() if isinstance(kinds, dict) for kind in kinds}
    used = {
        f"order {workflow.order}": True,
        "pinned data": bool(workflow.pin_data),
        "error workflow": bool(workflow.settings.get("errorWorkflow")),
        "own time zone": bool(workflow.settings.get("timezone")),
        "parts of AI nodes": bool(kinds - {"main"}),
        "disabled nodes": any(node.disabled for node in nodes),
        "executeOnce": any(node.execute_once for node in nodes),
        "alwaysOutputData": any(node.always_output_data for node in nodes),
        "retryOnFail": any(node.retry_on_fail for node in nodes),
        **{f"onError: {kind.value}": any(node.on_error is kind for node in nodes) for kind in OnError},
    }
    return {name for name, holds in used.items() if holds} - {f"onError: {OnError.STOP.value}"}


def summarise(examined: Sequence[Examined], catalogue: Catalogue) -> dict[str, Any]:
    """Figures over all workflows, and what to change first."""
    blocked: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in examined:
        reasons = {_reason(finding) for finding in one.findings if finding.blocking}
        for reason in reasons:
            blocked[reason][0] += 1
            blocked[reason][1] += len(reasons) == 1
    instances: Counter[tuple[str, float]] = Counter()
    for one in examined:
        instances.update(one.types)
    supported = sum(count for (name, version), count in instances.items() if judge_type(name, version, catalogue)[0])
    total = sum(instances.values())
    return {
        "workflows": len(examined),
        "runnable": sum(one.runs for one in examined),
        "share_runnable": _share(sum(one.runs for one in examined), len(examined)),
        "nodes": total,
        "nodes_supported": supported,
        "share_nodes_supported": _share(supported, total),
        "features": dict(Counter(feature for one in examined for feature in one.features).most_common()),
        "types": _type_rows(instances, examined, catalogue),
        "to_change": [
            {"reason": reason, "workflows": count, "alone": alone}
            for reason, (count, alone) in sorted(blocked.items(), key=lambda entry: (-entry[1][1], -entry[1][0]))
        ],
    }


def _reason(finding: Finding) -> str:
    if finding.code in {"workflow.unknown_node", "workflow.newer_node"}:
        return finding.message
    return f"{finding.node_type or finding.code}: {finding.message}"


def _type_rows(
    instances: Mapping[tuple[str, float], int], examined: Sequence[Examined], catalogue: Catalogue
) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for (name, version), count in sorted(instances.items()):
        row = rows.setdefault(name, {"type": name, "nodes": 0, "workflows": 0, "versions": [], "supported": True})
        row["nodes"] += count
        row["versions"].append(version)
        row["supported"] = row["supported"] and judge_type(name, version, catalogue)[0]
    for one in examined:
        for name in {name for name, _ in one.types}:
            rows[name]["workflows"] += 1
    return sorted(rows.values(), key=lambda row: (-row["nodes"], row["type"]))


def weigh(table: str, catalogue: Catalogue) -> dict[str, Any]:
    """How many node instances of a usage table are of supported types.

    Args:
        table: Tab-separated, with the columns `node_type`, `instances` and `typeVersions` (`2:12616,1:217`).

    Raises:
        InvalidInput: A column is missing.
    """
    lines = [line.split("\t") for line in table.splitlines() if line.strip()]
    if not lines or not {"node_type", "instances"} <= set(lines[0]):
        raise InvalidInput("the table lacks the columns `node_type` and `instances`.", code="workflow.bad_table")
    total = supported = 0
    missing: list[tuple[int, str]] = []
    for cells in lines[1:]:
        row = dict(zip(lines[0], cells, strict=False))
        count = int(row["instances"])
        known = judge_type(row["node_type"], 0, catalogue)[0] or row["node_type"].endswith(".stickyNote")
        newer = _newer(row.get("typeVersions", ""), row["node_type"], catalogue) if known else 0
        total += count
        supported += count - newer if known else 0
        if not known or newer:
            missing.append((count if not known else newer, row["node_type"]))
    return {
        "nodes": total,
        "nodes_supported": supported,
        "share_nodes_supported": _share(supported, total),
        "missing": [{"type": name, "nodes": count} for count, name in sorted(missing, reverse=True)],
    }


def _newer(versions: str, type_name: str, catalogue: Catalogue) -> int:
    """How many instances have a version that is newer than ours."""
    pairs = [part.split(":") for part in versions.split(",") if part.count(":") == 1]
    return sum(int(count) for version, count in pairs if not judge_type(type_name, float(version), catalogue)[0])


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
