"""Notion's own forms of values: properties of pages, blocks of text, filters, and pages made simple. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import read_text, split_names
from tapbot.nodes.javascript import parse_json
from tapbot.workflow.types import Item

Entry = Mapping[str, Any]
LONGEST_TEXT = 2000
"""Letters of one rich text (developers.notion.com/reference/request-limits)."""
TEXT_BLOCKS = frozenset(
    ["paragraph", "heading_1", "heading_2", "heading_3", "bulleted_list_item", "numbered_list_item", "to_do", "toggle"]
)
NO_VALUE = ("is_empty", "is_not_empty")


def rich_text(text: Any) -> list[dict[str, Any]]:
    """A text in pieces that Notion takes."""
    written = read_text(text)
    pieces = [written[at : at + LONGEST_TEXT] for at in range(0, len(written), LONGEST_TEXT)]
    return [{"type": "text", "text": {"content": piece}} for piece in pieces]


def _names(value: Any) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    return [name for entry in entries for name in split_names(read_text(entry))]


def _date(entry: Entry) -> dict[str, Any] | None:
    days = entry.get("includeTime", True) is False
    start, end = (entry.get("dateStart"), entry.get("dateEnd")) if entry.get("range") else (entry.get("date"), None)
    if not start:
        return None
    made: dict[str, Any] = {"start": read_text(start)[:10] if days else read_text(start)}
    made["end"] = (read_text(end)[:10] if days else read_text(end)) if end else None
    zone = entry.get("timezone")
    if zone and zone != "default" and not days:
        made["time_zone"] = read_text(zone)
    return made


def _number(entry: Entry) -> Any:
    given = entry.get("numberValue")
    if given in (None, ""):
        return None
    try:
        return given if isinstance(given, (int, float)) else parse_json(read_text(given))
    except ValueError:
        raise _unfit(f"{read_text(given)!r} is no number.") from None


def _files(entry: Entry) -> list[dict[str, Any]]:
    found = (entry.get("fileUrls") or {}).get("fileUrl") or []
    return [
        {"name": read_text(one.get("name") or one.get("url")), "type": "external", "external": {"url": one.get("url")}}
        for one in found
    ]


WRITERS: Mapping[str, Callable[[Entry], Any]] = {
    "title": lambda entry: rich_text(entry.get("title")),
    "rich_text": lambda entry: rich_text(entry.get("textContent")),
    "number": _number,
    "select": lambda entry: {"name": name} if (name := read_text(entry.get("selectValue"))) else None,
    "status": lambda entry: {"name": name} if (name := read_text(entry.get("statusValue"))) else None,
    "multi_select": lambda entry: [{"name": name} for name in _names(entry.get("multiSelectValue"))],
    "date": _date,
    "people": lambda entry: [{"object": "user", "id": name} for name in _names(entry.get("peopleValue"))],
    "relation": lambda entry: [{"id": name} for name in _names(entry.get("relationValue"))],
    "checkbox": lambda entry: entry.get("checkboxValue") in (True, "true"),
    "url": lambda entry: read_text(entry.get("urlValue")) or None,
    "email": lambda entry: read_text(entry.get("emailValue")) or None,
    "phone_number": lambda entry: read_text(entry.get("phoneValue")) or None,
    "files": _files,
}


def notion_properties(parameters: Mapping[str, Any], _item: Item) -> dict[str, Any]:
    """The properties of a page, by name.

    Raises:
        InvalidInput: One names no kind, or one that cannot be written.
    """
    made = {}
    for entry in (parameters.get("propertiesUi") or {}).get("propertyValues") or []:
        name, _, kind = read_text(entry.get("key")).rpartition("|")
        if kind not in WRITERS:
            raise _unfit(f"The property {name or kind!r} cannot be written.")
        value = WRITERS[kind](entry)
        if value in (None, []) and entry.get("ignoreIfEmpty"):
            continue
        made[name] = {"type": kind, kind: value}
    title = read_text(parameters.get("title"))
    if title and not any(value["type"] == "title" for value in made.values()):
        made["title"] = {"type": "title", "title": rich_text(title)}
    return made


def notion_blocks(parameters: Mapping[str, Any], _item: Item) -> list[dict[str, Any]]:
    """The blocks of a page.

    Raises:
        InvalidInput: One is of a kind that cannot be written.
    """
    return [_block(entry) for entry in (parameters.get("blockUi") or {}).get("blockValues") or []]


def _block(entry: Entry) -> dict[str, Any]:
    kind = read_text(entry.get("type") or "paragraph")
    if kind == "image":
        inside: dict[str, Any] = {"type": "external", "external": {"url": read_text(entry.get("url"))}}
    elif kind in TEXT_BLOCKS:
        pieces = (entry.get("text") or {}).get("text") if entry.get("richText") else None
        texts = [part for piece in pieces for part in rich_text(piece.get("text"))] if pieces else None
        inside = {"rich_text": rich_text(entry.get("textContent")) if texts is None else texts}
        if kind == "to_do":
            inside["checked"] = entry.get("checked") is True
    else:
        raise _unfit(f"A block of the kind {kind!r} cannot be written.")
    return {"object": "block", "type": kind, kind: inside}


def notion_filter(parameters: Mapping[str, Any], _item: Item) -> Any:
    """The filter of a list: conditions, or JSON.

    Raises:
        InvalidInput: The JSON is none, or a condition names no kind.
    """
    chosen = parameters.get("filterType", "none")
    if chosen == "json":
        try:
            return parse_json(read_text(parameters.get("filterJson")))
        except ValueError:
            raise _unfit("The filter is not valid JSON.", "filterJson") from None
    conditions = (parameters.get("filters") or {}).get("conditions") or []
    if chosen == "none" or not conditions:
        return ""
    return {"or" if parameters.get("matchType") == "anyFilter" else "and": [_condition(one) for one in conditions]}


def _condition(entry: Entry) -> dict[str, Any]:
    name, _, kind = read_text(entry.get("key")).rpartition("|")
    condition = read_text(entry.get("condition") or "equals")
    if not name:
        raise _unfit("A condition names no property.", "filters")
    given = [value for key, value in entry.items() if key.endswith("Value") or key in {"title", "date"}]
    value: Any = True if condition in NO_VALUE else given[0] if given else ""
    if kind == "number" and condition not in NO_VALUE:
        value = _number({"numberValue": value})
    return {"property": name, kind: {condition: value}}


def notion_sorts(parameters: Mapping[str, Any], _item: Item) -> list[dict[str, Any]]:
    """The order of a list."""
    entries = ((parameters.get("options") or {}).get("sort") or {}).get("sortValue") or []
    return [
        ({"timestamp": entry.get("key")} if entry.get("timestamp") else {"property": _name(entry)})
        | {"direction": entry.get("direction", "ascending")}
        for entry in entries
    ]


def _name(entry: Entry) -> str:
    return read_text(entry.get("key")).partition("|")[0]


def simple_page(record: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A page with plain values in place of Notion's; as it is where that is not wanted."""
    if parameters.get("simple", True) is False or not isinstance(record.get("properties"), dict):
        return record
    if parameters.get("plainNames"):  # as version 1 of the node gave them
        plain = {name: read_property(one) for name, one in record["properties"].items() if isinstance(one, dict)}
        return {"id": record.get("id"), **plain}
    made: dict[str, Any] = {"id": record.get("id"), "name": ""}
    for name, one in record["properties"].items():
        if not isinstance(one, dict):
            continue
        value = read_property(one)
        if one.get("type") == "title":
            made["name"] = value
        made[f"property_{_snake(name)}"] = value
    return {**made, "url": record.get("url")}


def simple_database(record: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A database with its title as a text."""
    if parameters.get("simple", True) is False:
        return record
    return {"id": record.get("id"), "name": _plain(record.get("title")), "url": record.get("url")}


def _plain(pieces: Any) -> str:
    return "".join(read_text(piece.get("plain_text")) for piece in pieces or [] if isinstance(piece, dict))


def _snake(name: str) -> str:
    words = re.sub(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])", " ", name)
    return re.sub(r"[^\w]+", "_", words).strip("_").lower()


def read_property(one: Mapping[str, Any]) -> Any:
    """The plain value of a property (developers.notion.com/reference/page-property-values)."""
    kind = str(one.get("type"))
    value = one.get(kind)
    if kind in {"title", "rich_text"}:
        return _plain(value)
    if kind in {"select", "status"}:
        return value.get("name") if isinstance(value, dict) else None
    if kind in {"multi_select", "people", "relation", "files"}:
        return [_entry(kind, entry) for entry in value or []]
    if kind in {"formula", "rollup", "unique_id"} and isinstance(value, dict):
        return _computed(kind, value)
    if kind in {"created_by", "last_edited_by"} and isinstance(value, dict):
        return value.get("name") or value.get("id")
    return value


def _entry(kind: str, entry: Mapping[str, Any]) -> Any:
    if kind == "multi_select":
        return entry.get("name")
    if kind == "files":
        return (entry.get(str(entry.get("type"))) or {}).get("url")
    if kind == "people":
        return (entry.get("person") or {}).get("email") or entry.get("name") or entry.get("id")
    return entry.get("id")


def _computed(kind: str, value: Mapping[str, Any]) -> Any:
    if kind == "unique_id":
        prefix = value.get("prefix")
        return f"{prefix}-{value.get('number')}" if prefix else value.get("number")
    inner = value.get(str(value.get("type")))
    return [read_property(entry) for entry in inner] if kind == "rollup" and isinstance(inner, list) else inner


def _unfit(problem: str, place: str = "propertiesUi") -> InvalidInput:
    return InvalidInput(problem, code="node.invalid_parameter", place=place)
