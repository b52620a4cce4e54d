"""SQLite: runs SQL with values, and reads, writes and deletes rows of a file."""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput, TapbotError
from tapbot.nodes.sqlite.params import SqliteParams, only_asks, step_kind
from tapbot.nodes.sqlite.statements import build
from tapbot.storage.types import JsonObject
from tapbot.workflow.file_database import FileTable, Value, run_on_file
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Item, OnError, Outputs, Pair

LARGEST_SAFE = 2**53 - 1


@batch_node("tapbot.sqlite", SqliteParams, version=1, label="SQLite", kind=step_kind)
async def work_with_sqlite(call: NodeCall[SqliteParams]) -> Outputs:
    """Run a statement for each item, all together or each on its own."""
    each = call.params_each()
    files = {params.file for params in each}
    if len(files) != 1:
        raise InvalidInput(
            "The items name different databases.",
            code="node.invalid_parameter",
            place="file",
            hint="Loop over the items, or take a node for each file.",
        )
    results = await run_on_file(
        call.step.files.locate(files.pop()),
        [build(params, item) for params, item in zip(each, call.items, strict=True)],
        writes=not all(map(only_asks, each)),
        together=call.params.options.query_batching == "single",
        seconds=call.params.options.timeout_seconds,
    )
    made: list[Item] = []
    for index, result in enumerate(results):
        pairs = (Pair(index),)
        if not isinstance(result, TapbotError):
            made += [Item(json=record, paired_item=pairs) for record in _records(result)]
        elif call.step.node.on_error is OnError.STOP:
            raise result
        else:
            made.append(Item(json={"error": result.message}, error=result.message, paired_item=pairs))
    return [made]


def _records(table: FileTable) -> list[JsonObject]:
    """The rows; where a statement gives none by its nature, what it did."""
    if table.columns is None:
        return [{"changed": table.changed, "lastId": table.made_id}]
    return [dict(zip(table.columns, map(_shown, row), strict=True)) for row in table.rows]


def _shown(cell: Value) -> Any:
    if isinstance(cell, bytes):  # as JavaScript writes a buffer
        return {"type": "Buffer", "data": [*cell]}
    if isinstance(cell, int) and abs(cell) > LARGEST_SAFE:  # JavaScript cannot hold all its digits
        return str(cell)
    if isinstance(cell, float) and cell in {float("inf"), float("-inf")}:
        return None
    return cell
