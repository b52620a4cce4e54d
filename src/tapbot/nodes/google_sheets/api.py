"""The calls of the Google Sheets API (developers.google.com/workspace/sheets/api/reference/rest)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from tapbot import upstream
from tapbot.errors import InvalidInput, UpstreamRejected
from tapbot.nodes.google.sheet_rows import Row, quote_sheet, sheet_number, sheet_title
from tapbot.nodes.google_sheets.params import FormattingValues, SheetsParams
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.paths import get_path
from tapbot.workflow.node import Step

HOST = "sheets.googleapis.com"
UNAUTHORISED = 401


class SheetsApi:
    """One document."""

    def __init__(self, step: Step, params: SheetsParams, document: str) -> None:
        self._step = step
        self._params = params
        self._base = f"https://{HOST}/v4/spreadsheets/{document}"
        self._sheets: list[dict[str, Any]] | None = None

    async def title(self) -> str:
        """The name of the sheet, asked for where the node knows its number alone.

        Raises:
            InvalidInput: There is no such sheet.
        """
        number = sheet_number(self._params.sheet_name)
        if number is None:
            return sheet_title(self._params.sheet_name)
        for sheet in await self._properties():
            if sheet.get("sheetId") == number:
                return str(sheet["title"])
        raise _no_sheet(str(number))

    async def number(self) -> int:
        """The number of the sheet.

        Raises:
            InvalidInput: There is no such sheet.
        """
        number = sheet_number(self._params.sheet_name)
        if number is not None:
            return number
        title = sheet_title(self._params.sheet_name)
        for sheet in await self._properties():
            if sheet.get("title") == title:
                return int(sheet["sheetId"])
        raise _no_sheet(title)

    async def _properties(self) -> list[dict[str, Any]]:
        if self._sheets is None:
            reply = await self._call("GET", "", {"fields": "sheets.properties"})
            self._sheets = [sheet["properties"] for sheet in reply.get("sheets", [])]
        return self._sheets

    async def values(self, title: str, cells: str, formatting: FormattingValues) -> list[Row]:
        """The values of a sheet, or of some cells."""
        query = {"valueRenderOption": formatting.general, "dateTimeRenderOption": formatting.date}
        reply = await self._call("GET", f"/values/{_range(title, cells)}", query)
        found: list[Row] = reply.get("values", [])
        return found

    async def append(self, title: str, rows: Sequence[Row]) -> None:
        """Add rows below the table."""
        query = {"valueInputOption": self._params.options.cell_format, "insertDataOption": "INSERT_ROWS"}
        body = {"majorDimension": "ROWS", "values": list(rows)}
        await self._call("POST", f"/values/{_range(title, '')}:append", query, body)

    async def write(self, changes: Sequence[tuple[str, str, Sequence[Row]]]) -> None:
        """Write cells: the sheet, the range in it, its rows."""
        data = [{"range": f"{quote_sheet(title)}!{cells}", "values": list(rows)} for title, cells, rows in changes]
        await self._call(
            "POST",
            "/values:batchUpdate",
            {},
            {"valueInputOption": self._params.options.cell_format, "data": data},
        )

    async def clear(self, title: str, cells: str) -> None:
        """Empty cells."""
        await self._call("POST", f"/values/{_range(title, cells)}:clear", {}, {})

    async def change(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Change the document itself."""
        return await self._call("POST", ":batchUpdate", {}, {"requests": [dict(request)]})

    async def _call(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        kind = self._params.credential_kind
        for renew in (False, True):
            opened, signature = await self._step.sign(kind, HOST, renew=renew)
            reply = await upstream.request(
                self._step.http,
                method,
                self._base + path,
                service="Google Sheets",
                timeout_seconds=self._step.http_timeout_seconds,
                headers=signature.headers,
                params=dict(query) or None,
                json=body,
            )
            if reply.status_code != UNAUTHORISED or renew or not self._step.renewable(kind, opened):
                return _read(reply)
        raise AssertionError("the second answer returns or raises")


def _range(title: str, cells: str) -> str:
    return quote(f"{quote_sheet(title)}!{cells}" if cells else quote_sheet(title), safe="")


def _read(reply: upstream.Response) -> dict[str, Any]:
    try:
        said = parse_json(reply.content) if reply.content else {}
    except ValueError:
        said = {}
    if reply.status_code >= 400:
        reason = get_path(said, "error.message")[1] if isinstance(said, dict) else ""
        try:
            upstream.check_status(reply, "Google Sheets")
        except UpstreamRejected as error:
            raise UpstreamRejected(f"{error.message} {reason or ''}".strip(), status=error.status) from None
    return said if isinstance(said, dict) else {}


def _no_sheet(wanted: str) -> InvalidInput:
    return InvalidInput(
        f"The document has no sheet {wanted!r}.",
        code="node.no_such_field",
        place="sheetName",
        hint="Choose another one.",
    )
