"""Google Sheets Trigger: starts when rows of a sheet are added or changed.

The API: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.fields import Located, Text
from tapbot.nodes.google.calling import GoogleApi, Signs
from tapbot.nodes.google.sheet_rows import (
    ROW_NUMBER,
    Table,
    document_id,
    quote_sheet,
    read_table,
    sheet_number,
    sheet_title,
)
from tapbot.nodes.javascript import stringify
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.nodes.schedules.polling import read_poll_times
from tapbot.storage.types import JsonObject
from tapbot.upstream import HttpClient
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.polling import Look, Polled
from tapbot.workflow.types import Item, Outputs, StepKind

BASE = "https://sheets.googleapis.com/v4/spreadsheets"
MOST_ROWS = 10_000
"""Of so many rows it remembers whether they changed."""


class LocationValues(NodeParams):
    """Where the table is in its sheet."""

    range_definition: Literal["detectAutomatically", "specifyRange", "specifyRangeA1"] = "specifyRangeA1"
    """The whole sheet, from given rows on, or a range."""
    range: Text = ""
    """Range such as `A:F`."""
    header_row: int = Field(default=1, ge=1)
    """Row with the names of the columns."""
    first_data_row: int = Field(default=2, ge=1)
    """First row with values."""


class Location(NodeParams):
    """Where the table is in its sheet."""

    values: LocationValues = Field(default_factory=LocationValues)
    """Where the table is in its sheet."""


class SheetOptions(NodeParams):
    """Less used settings."""

    columns_to_watch: list[str] = Field(default_factory=list)
    """Only changes of these columns count; all when empty."""
    data_location_on_sheet: Location = Field(default_factory=Location)
    """Where the table is in its sheet."""
    value_render: Literal["UNFORMATTED_VALUE", "FORMATTED_VALUE", "FORMULA"] = "UNFORMATTED_VALUE"
    """How values are given."""
    date_time_render_option: Literal["SERIAL_NUMBER", "FORMATTED_STRING"] = "SERIAL_NUMBER"
    """How dates are given."""


class GoogleSheetsTriggerParams(ScheduleTriggerParams):
    """Which rows are watched."""

    document_id: Located = ""
    """The document."""
    sheet_name: Any = ""
    """The sheet."""
    event: Literal["rowAdded", "rowUpdate", "anyUpdate"] = "anyUpdate"
    """Rows that are added, changed, or both."""
    options: SheetOptions = Field(default_factory=SheetOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """When it looks, that it has no expressions, and what it gives of a changed row.

    Raises:
        InvalidInput: The row as it was is asked for.
    """
    kept = read_poll_times(parameters, place="documentId")
    given: Any = parameters.get("includeInOutput") or (parameters.get("options") or {})
    wanted = given if isinstance(given, str) else given.get("includeInOutput", "new")
    if wanted != "new":
        raise InvalidInput(
            "A changed row is given as it is now, not as it was.",
            code="node.not_supported",
            place="includeInOutput",
            hint="Keep rows in a collection, and compare.",
        )
    document_id(GoogleSheetsTriggerParams.model_validate(kept).document_id)
    return kept


async def look(at: Look) -> Polled:
    """Rows that were not there before, or are others now; at first, none."""
    params: GoogleSheetsTriggerParams = at.params
    table = await _Sheet(params, at.keys, at.http, at.http_timeout_seconds).read()
    about = stringify([params.document_id, params.sheet_name, params.options.columns_to_watch])
    known: Any = at.position if at.position and at.position.get("about") == about else None
    marks = {record[ROW_NUMBER]: _mark(record, params.options.columns_to_watch) for record in table.records()}
    position: JsonObject = {"about": about, "rows": {str(number): mark for number, mark in marks.items()}}
    if known is None:
        return Polled([], position)
    before: dict[str, str] = known["rows"]
    wanted = {"rowAdded": {"added"}, "rowUpdate": {"updated"}}.get(params.event, {"added", "updated"})
    changed = [
        Item(json=record)
        for record in table.records()
        if _change(before.get(str(record[ROW_NUMBER])), marks[record[ROW_NUMBER]]) in wanted
    ]
    return Polled(changed, position)


@trigger_node(
    "n8n-nodes-base.googleSheetsTrigger",
    GoogleSheetsTriggerParams,
    version=1,
    label="Google Sheets Trigger",
    trigger="poll",
    inputs=0,
    kind=StepKind.SAFE,
    upgrade=upgrade,
    poll=look,
)
async def start_by_sheet(call: NodeCall[GoogleSheetsTriggerParams]) -> Outputs:
    """Pass on the rows; a run by hand gets those that there are, so that there is something to build on."""
    if any(item.json for item in call.items):
        return [call.items]
    sheet = _Sheet(call.params, call.step, call.step.http, call.step.http_timeout_seconds)
    return [[Item(json=record) for record in (await sheet.read()).records()]]


class _Sheet:
    """The calls of one trigger."""

    def __init__(
        self, params: GoogleSheetsTriggerParams, signs: Signs, http: HttpClient, timeout_seconds: float
    ) -> None:
        kind = "googleSheetsTriggerOAuth2Api"
        self._api = GoogleApi(signs, http, label="Google Sheets", base=BASE, kind=kind, timeout_seconds=timeout_seconds)
        self._params = params
        self._document = document_id(params.document_id)

    async def read(self) -> Table:
        """The table.

        Raises:
            LimitExceeded: It has too many rows to be watched.
        """
        options = self._params.options
        place = options.data_location_on_sheet.values
        title = quote_sheet(await self._title())
        cells = quote(f"{title}!{place.range}" if place.range else title, safe="")
        query = {"valueRenderOption": options.value_render, "dateTimeRenderOption": options.date_time_render_option}
        reply = await self._api.get(f"/{self._document}/values/{cells}", query)
        specified = place.range_definition == "specifyRange"
        table = read_table(
            reply.get("values") or [],
            header_row=place.header_row if specified else 1,
            first_data_row=place.first_data_row if specified else 2,
        )
        if len(table.rows) > MOST_ROWS:
            raise LimitExceeded(f"The sheet has more than {MOST_ROWS} rows to watch.", code="node.too_many_items")
        return table

    async def _title(self) -> str:
        number = sheet_number(self._params.sheet_name)
        if number is None:
            return sheet_title(self._params.sheet_name)
        reply = await self._api.get(f"/{self._document}", {"fields": "sheets.properties"})
        for sheet in reply.get("sheets") or []:
            if sheet["properties"].get("sheetId") == number:
                return str(sheet["properties"]["title"])
        raise InvalidInput(f"The document has no sheet {number}.", code="node.no_such_field", place="sheetName")


def _mark(record: JsonObject, watched: list[str]) -> str:
    """What tells whether a row changed; short, for thousands are remembered."""
    kept = {name: value for name, value in record.items() if not watched or name in watched}
    kept.pop(ROW_NUMBER, None)
    return hashlib.sha256(stringify(kept).encode()).hexdigest()[:10]


def _change(before: str | None, now: str) -> str:
    return "added" if before is None else "" if before == now else "updated"
