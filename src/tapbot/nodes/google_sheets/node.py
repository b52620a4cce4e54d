"""Google Sheets: reads rows as items, and writes items as rows under a header."""

from __future__ import annotations

from typing import Any

from tapbot.nodes.fields import read_text
from tapbot.nodes.google.sheet_rows import (
    ROW_NUMBER,
    Table,
    column_index,
    document_id,
    extend_header,
    letter,
    read_table,
    sheet_title,
    write_row,
)
from tapbot.nodes.google_sheets.api import SheetsApi
from tapbot.nodes.google_sheets.params import SheetsParams, step_kind, upgrade
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Item, Outputs, Pair


@batch_node(
    "n8n-nodes-base.googleSheets",
    SheetsParams,
    version=4.7,
    label="Google Sheets",
    kind=step_kind,
    upgrade=upgrade,
)
async def work_with_sheets(call: NodeCall[SheetsParams]) -> Outputs:
    """Read, append, change, clear or delete rows of a sheet, or make and remove sheets."""
    params = call.params
    api = SheetsApi(call.step, params, document_id(params.document_id))
    if params.operation == "read":
        return [await _read(call, api)]
    if params.operation == "append":
        return [await _append(call, api)]
    if params.operation in {"update", "appendOrUpdate"}:
        return [await _update(call, api)]
    return [[item for index, each in enumerate(call.params_each()) for item in await _change(api, each, index)]]


async def _read(call: NodeCall[SheetsParams], api: SheetsApi) -> list[Item]:
    """The rows that each item asks for; the sheet is read once."""
    place = call.params.options.data_location_on_sheet.values
    specified = place.range_definition == "specifyRange"
    title = await api.title()
    cells = place.range if place.range_definition == "specifyRangeA1" else ""
    table = read_table(
        await api.values(title, cells, call.params.options.output_formatting.values),
        header_row=place.header_row if specified else 1,
        first_data_row=place.first_data_row if specified else 2,
    )
    records = table.records()
    return [
        Item(json=record, paired_item=(Pair(index),))
        for index, params in enumerate(call.params_each())
        for record in _wanted(params, records)
    ]


def _wanted(params: SheetsParams, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    conditions = [one for one in params.filters_ui.values if one.lookup_column]
    if not conditions:
        return [dict(record) for record in records]
    holds = any if params.combine_filters == "OR" else all
    found = [
        dict(record)
        for record in records
        if holds(read_text(record.get(one.lookup_column)) == one.lookup_value for one in conditions)
    ]
    return found[:1] if params.options.return_first_match else found


def _records(call: NodeCall[SheetsParams]) -> list[dict[str, Any]]:
    """What each item writes."""
    return [
        dict(item.json) if params.columns.mapping_mode == "autoMapInputData" else dict(params.columns.value or {})
        for item, params in zip(call.items, call.params_each(), strict=True)
    ]


async def _table(call: NodeCall[SheetsParams], api: SheetsApi, title: str) -> Table:
    place = call.params.options.location_define.values
    values = await api.values(title, "", call.params.options.output_formatting.values)
    return read_table(
        values, header_row=place.header_row, first_data_row=max(place.first_data_row, place.header_row + 1)
    )


async def _append(call: NodeCall[SheetsParams], api: SheetsApi) -> list[Item]:
    """All items in one call."""
    title, records = await api.title(), _records(call)
    table = await _table(call, api, title)
    header = await _widen(call, api, title, table, records)
    await api.append(title, [write_row(header, record) for record in records])
    return [Item(json=record, paired_item=(Pair(index),)) for index, record in enumerate(records)]


async def _widen(
    call: NodeCall[SheetsParams], api: SheetsApi, title: str, table: Table, records: list[dict[str, Any]]
) -> list[str]:
    """Add the columns that are missing, as the options say."""
    header = extend_header(table.header, records, call.params.options.handling_extra_data)
    if header != table.header:
        row = call.params.options.location_define.values.header_row
        await api.write([(title, f"A{row}:{letter(len(header) - 1)}{row}", [header])])
    return header


async def _update(call: NodeCall[SheetsParams], api: SheetsApi) -> list[Item]:
    """Change the rows that match; append the others where that is wanted."""
    title, records = await api.title(), _records(call)
    table = await _table(call, api, title)
    columns = call.params.columns.matching_columns or [ROW_NUMBER]
    header = await _widen(call, api, title, table, records)
    changes, fresh, made = [], [], []
    for index, record in enumerate(records):
        number = table.find(record, columns) if columns != [ROW_NUMBER] or ROW_NUMBER in record else None
        if number is None:
            fresh.append(record)
            if call.params.operation == "appendOrUpdate":
                made.append(Item(json=record, paired_item=(Pair(index),)))
            continue
        changes += [
            (title, f"{letter(place)}{number}", [write_row([name], record)])
            for place, name in enumerate(header)
            if name in record and name not in columns
        ]
        made.append(Item(json=record, paired_item=(Pair(index),)))
    if changes:
        await api.write(changes)
    if fresh and call.params.operation == "appendOrUpdate":
        await api.append(title, [write_row(header, record) for record in fresh])
    return made


async def _change(api: SheetsApi, params: SheetsParams, index: int) -> list[Item]:
    """What is done to a sheet as a whole, or to a stretch of it, for one item."""
    pairs = (Pair(index),)
    if params.operation == "create":
        reply = await api.change({"addSheet": {"properties": {"title": sheet_title(params.title)}}})
        return [Item(json=reply["replies"][0]["addSheet"]["properties"], paired_item=pairs)]
    if params.operation == "clear":
        await api.clear(await api.title(), _cells(params))
    elif params.operation == "remove":
        await api.change({"deleteSheet": {"sheetId": await api.number()}})
    else:
        start = _start(params)
        stretch = {"startIndex": start, "endIndex": start + params.number_to_delete}
        dimension = {"sheetId": await api.number(), "dimension": params.to_delete.upper(), **stretch}
        await api.change({"deleteDimension": {"range": dimension}})
    return [Item(json={"success": True}, paired_item=pairs)]


def _start(params: SheetsParams) -> int:
    """Where a stretch begins, counted from 0."""
    text = read_text(params.start_index)
    return int(text) - 1 if text.isdecimal() and int(text) > 0 else column_index(text)


def _cells(params: SheetsParams) -> str:
    """The cells to clear; empty for the whole sheet."""
    if params.clear == "specificRange":
        return params.range
    if params.clear == "wholeSheet":
        return "A2:ZZZ" if params.keep_first_row else ""
    first = _start(params)
    last = first + params.number_to_delete - 1
    if params.clear == "specificRows":
        return f"{first + 1}:{last + 1}"
    return f"{letter(first)}:{letter(last)}"
