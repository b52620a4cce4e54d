"""HTML: templates, values out of pages, and tables."""

from __future__ import annotations

import html
from typing import Any, Literal

from pydantic import Field

from tapbot.nodes.fields import Text, read_text
from tapbot.nodes.markup.extract import ExtractOptions, ExtractParams, extract_values
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Item, Outputs

TABLE = "border-spacing:0; font-family:helvetica,arial,sans-serif"
CAPTION = "background-color:#e5e5e5; font-size:1.2em; padding:.5em"
CELL = "margin:0; padding:7px 20px 7px 0px; border-bottom:1px solid #eeeeee"
HEADING = f"{CELL}; text-align:left; color:#888; font-weight:normal"


class HtmlOptions(ExtractOptions):
    """Less used settings."""

    clean_up_text: bool = True
    """Leave out line breaks, and blanks beyond one, in values."""
    capitalize: bool = False
    """Write the headings of a table with capital letters, and blanks for `_`."""
    custom_styling: bool = False
    """Leave out the table's own look."""
    caption: Text = ""
    """Caption of a table."""
    table_attributes: Text = ""
    """Attributes of `<table>`."""
    header_attributes: Text = ""
    """Attributes of `<th>`."""
    row_attributes: Text = ""
    """Attributes of `<tr>`."""
    cell_attributes: Text = ""
    """Attributes of `<td>`."""


class HtmlParams(ExtractParams):
    """What to make."""

    operation: Literal["generateHtmlTemplate", "extractHtmlContent", "convertToHtmlTable"] = "generateHtmlTemplate"
    """What to make."""
    html: Text = ""
    """Template; `{{ }}` in it are expressions."""
    options: HtmlOptions = Field(default_factory=HtmlOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """A template is an expression although it is not marked as one; up to version 1.1 texts were not cleaned up."""
    raw: dict[str, Any] = dict(parameters)
    template = raw.get("html")
    if isinstance(template, str) and "{{" in template and not template.startswith("="):
        raw["html"] = f"={template}"
    if version < 1.2:
        raw["options"] = {"cleanUpText": False, **(raw.get("options") or {})}
    return raw


@batch_node("n8n-nodes-base.html", HtmlParams, version=1.2, label="HTML", upgrade=upgrade)
def make_html(call: NodeCall[HtmlParams]) -> Outputs:
    """Fill a template or take values out of HTML for each item, or write all items as one table."""
    if call.params.operation == "convertToHtmlTable":
        pairs = tuple(pair for item in call.items for pair in item.paired_item or ())
        table = _table(call.params.options, [item.json for item in call.items])
        return [[Item(json={"table": table}, paired_item=pairs)]]
    given = []
    for params, item in zip(call.params_each(), call.items, strict=True):
        if params.operation == "generateHtmlTemplate":
            given.append(Item(json={"html": params.html}, paired_item=item.paired_item))
            continue
        given.extend(Item(json=record, paired_item=item.paired_item) for record in extract_values(params, item))
    return [given]


def _table(options: HtmlOptions, records: list[JsonObject]) -> str:
    """All records as one table; texts are written as texts, never as markup."""
    plain = options.custom_styling
    names = list(dict.fromkeys(name for record in records for name in record))
    caption = f"<caption{_mark('', CAPTION, plain)}>{html.escape(options.caption)}</caption>" if options.caption else ""
    heading = _mark(options.header_attributes, HEADING, plain)
    cell = _mark(options.cell_attributes, CELL, plain)
    row = _mark(options.row_attributes, "", plain=True)
    head = "".join(f"<th{heading}>{html.escape(_heading(name, options))}</th>" for name in names)
    body = "".join(
        f"<tr{row}>" + "".join(f"<td{cell}>{html.escape(_shown(record, name))}</td>" for name in names) + "</tr>"
        for record in records
    )
    start = f"<table{_mark(options.table_attributes, TABLE, plain)}>"
    return f"{start}{caption}<thead><tr{row}>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(record: JsonObject, name: str) -> str:
    return read_text(record.get(name)) if name in record else ""


def _mark(attributes: str, style: str, plain: bool) -> str:  # one word of a table's look
    own = f' style="{style}"' if style and not plain else ""
    return own + (f" {attributes.strip()}" if attributes.strip() else "")


def _heading(name: str, options: HtmlOptions) -> str:
    if not options.capitalize:
        return name
    return " ".join(word[:1].upper() + word[1:] for word in name.replace("_", " ").split(" "))
