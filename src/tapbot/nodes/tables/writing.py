"""Items as a table in a file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from pydantic import Field

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.loader import load
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import is_number, stringify, to_text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams

MOST_CELLS = 5_000_000
WRITTEN_AT = datetime(2000, 1, 1)  # noqa: DTZ001  # the same in every run: a replay gives the same file
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
ODS_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


class WriteOptions(NodeParams):
    """How a table is written."""

    delimiter: Text = ","
    """What stands between the values of a line of CSV."""
    file_name: Text = ""
    """Name of the file."""
    header_row: bool = True
    """Whether the first row names the fields."""
    sheet_name: Text = "Sheet"
    """Name of the sheet."""
    compression: bool = False
    """Accepted; spreadsheets are packed in any case."""
    first_line_number: int = Field(default=0, ge=0)
    """Accepted and without effect."""


def write_table(records: Sequence[JsonObject], kind: str, options: WriteOptions) -> bytes:
    """A file with a row for each record; nested fields are columns such as `who.name`.

    Args:
        kind: `csv`, `html`, `ods`, `rtf` or `xlsx`.

    Raises:
        InvalidInput: The kind cannot be written.
        LimitExceeded: The table is too large.
    """
    flat = [_flatten(record) for record in records]
    names = list(dict.fromkeys(name for record in flat for name in record))
    if len(names) * len(flat) > MOST_CELLS:
        raise LimitExceeded(f"The table has more than {MOST_CELLS} cells.", code="node.too_many_items")
    rows: list[list[Any]] = [[record.get(name) for name in names] for record in flat]
    if options.header_row:
        rows.insert(0, [*names])
    if kind == "csv":
        return _csv(rows, options.delimiter or ",")
    if kind == "html":
        lines = ["<tr>" + "".join(f"<td>{escape(_shown(value))}</td>" for value in row) + "</tr>" for row in rows]
        return f"<html><body><table>{''.join(lines)}</table></body></html>".encode()
    if kind == "rtf":
        return _rtf(rows)
    if kind == "ods":
        return _ods(rows, options.sheet_name or "Sheet")
    if kind == "xlsx":
        return _xlsx(rows, options.sheet_name or "Sheet")
    raise InvalidInput(
        f"Files of the kind {kind!r} are not written.", code="node.not_supported", hint="Choose xlsx, ods or csv."
    )


def _flatten(record: JsonObject) -> JsonObject:
    flat: JsonObject = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            flat |= {f"{name}.{inner}": entry for inner, entry in _flatten(value).items()}
        else:
            flat[name] = value
    return flat


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return stringify(value) if isinstance(value, (dict, list)) else to_text(value)


def _csv(rows: list[list[Any]], delimiter: str) -> bytes:
    lines = [delimiter.join(_quoted(_shown(value), delimiter) for value in row) for row in rows]
    return ("\ufeff" + "\n".join(lines)).encode()


def _quoted(text: str, delimiter: str) -> str:
    if delimiter in text or any(sign in text for sign in '"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _rtf(rows: list[list[Any]]) -> bytes:
    def letters(text: str) -> str:
        marked = "".join(f"\\{sign}" if sign in "\\{}" else sign for sign in text)
        return "".join(sign if sign.isascii() else f"\\u{ord(sign) & 0xFFFF}?" for sign in marked)

    written = []
    for row in rows:
        edges = "".join(f"\\cellx{number}" for number in range(1, len(row) + 1))
        cells = "".join(f" {letters(_shown(value))}\\cell" for value in row)
        written.append(f"\\trowd\\trautofit1{edges}\\pard\\intbl{cells}\\pard\\intbl\\row")
    return ("{\\rtf1\\ansi" + "".join(written) + "}").encode()


def _xlsx(rows: list[list[Any]], sheet_name: str) -> bytes:
    writer = load("xlsxwriter")
    target = io.BytesIO()
    # Texts stay texts: a formula or an address in data is nothing to carry out.
    book = writer.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": WRITTEN_AT})
    try:
        sheet = book.add_worksheet(sheet_name)
    except writer.exceptions.XlsxWriterException as error:
        raise InvalidInput(
            f"This cannot be the name of a sheet: {error}", code="node.invalid_parameter", place="options.sheetName"
        ) from None
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, bool):
                sheet.write_boolean(number, column, value)
            elif is_number(value):
                sheet.write_number(number, column, value)
            elif value is not None:
                sheet.write_string(number, column, _shown(value)[:32_767])
    book.close()
    return target.getvalue()


def _ods(rows: list[list[Any]], sheet_name: str) -> bytes:
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODS_NAMES} office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="{escape(sheet_name)}">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in (("mimetype", ODS_TYPE), ("content.xml", content), ("META-INF/manifest.xml", ODS_MANIFEST)):
            packed = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), text, compress_type=packed)
    return target.getvalue()


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if is_number(value):
        return f'<table:table-cell office:value-type="float" office:value="{to_text(value)}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(_shown(value))}</text:p></table:table-cell>'
