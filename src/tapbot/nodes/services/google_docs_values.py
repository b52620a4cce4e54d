"""Google Docs' own forms of values: the changes of a document, and its text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text
from tapbot.workflow.types import Item

LONGEST_INDEX = 10_000_000


def docs_requests(parameters: Mapping[str, Any], _item: Item) -> list[dict[str, Any]]:
    """The changes of a document (developers.google.com/workspace/docs/api/reference/rest/v1/documents/request).

    Raises:
        InvalidInput: There is none, or one that is not supported.
    """
    entries = (parameters.get("actionsUi") or {}).get("actionFields") or []
    if not entries:
        raise InvalidInput(
            "There is nothing to change.", code="node.invalid_parameter", place="actionsUi", hint="Add an action."
        )
    return [_request(entry) for entry in entries]


def _request(entry: Mapping[str, Any]) -> dict[str, Any]:
    thing, action = str(entry.get("object") or "text"), str(entry.get("action") or "")
    if (thing, action) == ("text", "insert"):
        return {"insertText": {"text": read_text(entry.get("text")), **_where(entry)}}
    if (thing, action) == ("text", "replaceAll"):
        wanted = {"text": read_text(entry.get("text")), "matchCase": entry.get("matchCase") is True}
        return {"replaceAllText": {"containsText": wanted, "replaceText": read_text(entry.get("replaceText"))}}
    if (thing, action) == ("pageBreak", "insert"):
        return {"insertPageBreak": _where(entry)}
    if (thing, action) == ("table", "insert"):
        size = {"rows": entry.get("rows"), "columns": entry.get("columns")}
        return {"insertTable": {**size, **_where(entry)}}
    raise InvalidInput(
        f"The action {action or 'none'!r} on {thing!r} is not supported.",
        code="node.not_supported",
        place="actionsUi",
        hint="It has: insert and replaceAll of text, insert of pageBreak and table.",
    )


def _where(entry: Mapping[str, Any]) -> dict[str, Any]:
    segment = read_text(entry.get("segmentId"))
    inside = {"segmentId": segment} if segment and entry.get("insertSegment", "body") != "body" else {}
    if entry.get("locationChoice", "endOfSegmentLocation") != "location":
        return {"endOfSegmentLocation": inside}
    try:
        index = int(read_text(entry.get("index")))
    except ValueError:
        index = -1
    if not 0 <= index <= LONGEST_INDEX:
        raise InvalidInput("The index is a whole number from 1.", code="node.invalid_parameter", place="actionsUi")
    return {"location": {"index": index, **inside}}


def simple_document(record: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A document's text; the document itself where that is not wanted."""
    if parameters.get("simple", True) is False:
        return record
    return {"documentId": record.get("documentId"), "content": _text((record.get("body") or {}).get("content"))}


def _text(content: Any) -> str:
    """The text of paragraphs, and of those in the cells of tables."""
    found = []
    for element in content or []:
        for part in (element.get("paragraph") or {}).get("elements") or []:
            found.append(read_text((part.get("textRun") or {}).get("content")))
        for row in (element.get("table") or {}).get("tableRows") or []:
            found += [_text(cell.get("content")) for cell in row.get("tableCells") or []]
    return "".join(found)


def parents(parameters: Mapping[str, Any], _item: Item) -> list[str]:
    """The folder of a new document; none for the drive's own."""
    folder, drive = read_text(parameters.get("folderId")), read_text(parameters.get("driveId"))
    if folder in {"", "default", "root"}:
        folder = "" if drive in {"", "myDrive", "sharedWithMe"} else drive
    return [folder] if folder else []
