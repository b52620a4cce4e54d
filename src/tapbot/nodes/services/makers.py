"""Values that no template makes: a whole mail, the fields of a table. Pure; called by their names in the files."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qsl

from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import read_text, split_names
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.services.google_docs_values import docs_requests, parents
from tapbot.nodes.services.hubspot_values import hubspot_filters, hubspot_properties, hubspot_sorts
from tapbot.nodes.services.message_values import linkedin_text, nocodb_fields
from tapbot.nodes.services.notion_values import notion_blocks, notion_filter, notion_properties, notion_sorts
from tapbot.workflow.types import Item


def mail(parameters: Mapping[str, Any], item: Item) -> str:
    """A mail as Gmail takes one: RFC 5322, in base64 for addresses (RFC 4648, section 5).

    Raises:
        InvalidInput: An address holds a line break, or a file is missing.
    """
    options = parameters.get("options") or {}
    made = EmailMessage()
    try:
        if to := read_text(parameters.get("sendTo") or options.get("sendTo")):
            made["To"] = to
        for header, name in (("Cc", "ccList"), ("Bcc", "bccList"), ("Reply-To", "replyTo")):
            if value := read_text(options.get(name)):
                made[header] = value
        made["Subject"] = read_text(parameters.get("subject"))
        as_html = parameters.get("emailType", "html") == "html"
        made.set_content(read_text(parameters.get("message")), subtype="html" if as_html else "plain")
    except (ValueError, IndexError):
        raise InvalidInput(
            "An address or the subject of the mail cannot be written.",
            code="node.invalid_parameter",
            place="sendTo",
            hint="Look for a line break in it.",
        ) from None
    attached = ((options.get("attachmentsUi") or {}).get("attachmentsBinary")) or []
    for name in (name for entry in attached for name in split_names(read_text(entry.get("property")))):
        content, about = read_binary(item, name)
        main, _, sub = str(about.get("mimeType") or "application/octet-stream").partition("/")
        file_name = str(about.get("fileName") or name)
        made.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=file_name)
    return base64.urlsafe_b64encode(made.as_bytes()).decode()


def columns(parameters: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """The fields of a record: those that the node maps, or the item's own."""
    mapping = parameters.get("columns") or {}
    if mapping.get("mappingMode") == "autoMapInputData":
        return {name: value for name, value in item.json.items() if name != "id"}
    given = mapping.get("value") or {}
    return {name: value for name, value in given.items() if value is not None and name != "id"}


def gmail_query(parameters: Mapping[str, Any], _item: Item) -> str:
    """Gmail's search words for the filters of a list (support.google.com/mail/answer/7190)."""
    filters = parameters.get("filters") or {}
    words = [read_text(filters.get("q") or filters.get("search"))]
    if filters.get("readStatus") in {"read", "unread"}:
        words.append(f"is:{filters['readStatus']}")
    if filters.get("sender"):
        words.append(f"from:{read_text(filters['sender'])}")
    for name, word in (("receivedAfter", "after"), ("receivedBefore", "before")):
        if filters.get(name):
            words.append(f"{word}:{_seconds(read_text(filters[name]), name)}")
    return " ".join(word for word in words if word)


def _seconds(text: str, place: str) -> int:
    try:
        return int(text) if text.isdecimal() else int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise InvalidInput(
            "This is no date.",
            code="node.invalid_parameter",
            place=place,
            hint="Write it as 2026-03-05T09:30:00+05:00.",
        ) from None


def drive_query(parameters: Mapping[str, Any], _item: Item) -> str:
    """Drive's search words (developers.google.com/workspace/drive/api/guides/search-files)."""
    given = read_text(parameters.get("queryString"))
    if parameters.get("searchMethod") == "query":
        return given
    filters = parameters.get("filter") or {}
    folder = filters.get("folderId")
    folder = read_text(folder.get("value") if isinstance(folder, Mapping) else folder)
    terms = [f"name contains '{_quoted(given)}'"] if given else []
    if folder:
        terms.append(f"'{_quoted(folder)}' in parents")
    if filters.get("whatToSearch") == "folders":
        terms.append(f"mimeType = '{FOLDER}'")
    elif filters.get("whatToSearch") == "files":
        terms.append(f"mimeType != '{FOLDER}'")
        kinds = [kind for kind in filters.get("fileTypes") or [] if kind != "*"]
        if kinds:
            terms.append("(" + " or ".join(f"mimeType = '{_quoted(read_text(kind))}'" for kind in kinds) + ")")
    if not filters.get("includeTrashed"):
        terms.append("trashed = false")
    return " and ".join(terms)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def drive_fields(parameters: Mapping[str, Any], _item: Item) -> str:
    """The fields of each file that a list gives."""
    wanted = (parameters.get("options") or {}).get("fields") or []
    if "*" in wanted:
        return "nextPageToken, files"
    return f"nextPageToken, files({', '.join(map(read_text, wanted))})" if wanted else ""


def file_name(parameters: Mapping[str, Any], item: Item) -> str:
    """The name of the item's file."""
    name = read_text(parameters.get("inputDataFieldName")) or "data"
    return str(((item.binary or {}).get(name) or {}).get("fileName") or name)


def attendees(parameters: Mapping[str, Any], _item: Item) -> list[dict[str, str]]:
    """Who is invited: a list of addresses, each perhaps several with commas."""
    given = (parameters.get("additionalFields") or {}).get("attendees") or []
    entries = given if isinstance(given, list) else [given]
    return [{"email": address} for entry in entries for address in split_names(read_text(entry))]


def supabase_fields(parameters: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """The columns of a row: those that the node maps, or the item's own."""
    if parameters.get("dataToSend", "defineBelow") == "autoMapInputData":
        ignored = split_names(read_text(parameters.get("inputsToIgnore")))
        return {name: value for name, value in item.json.items() if name not in ignored}
    entries = (parameters.get("fieldsUi") or {}).get("fieldValues") or []
    return {str(entry["fieldId"]): entry.get("fieldValue") for entry in entries if entry.get("fieldId")}


def supabase_filters(parameters: Mapping[str, Any], _item: Item) -> dict[str, Any]:
    """Conditions as PostgREST takes them: `age=gte.18`; of several on one column, all count."""
    if parameters.get("filterType") == "string":
        return dict(parse_qsl(read_text(parameters.get("filterString")), keep_blank_values=True))
    entries = (parameters.get("filters") or {}).get("conditions") or []
    terms = [
        (str(one["keyName"]), f"{_operator(one)}.{read_text(one.get('keyValue'))}")
        for one in entries
        if one.get("keyName")
    ]
    if parameters.get("matchType") == "anyFilter" and len(terms) > 1:
        return {"or": f"({','.join(f'{_in_list(name)}.{_in_list_term(term)}' for name, term in terms)})"}
    found: dict[str, Any] = {}
    for name, term in terms:
        found[name] = [*found[name], term] if name in found else [term]
    return found


def _in_list_term(term: str) -> str:
    operator, _, value = term.partition(".")
    return (
        term if operator in {"is", "in"} and re.fullmatch(r"\(?[\w,-]*\)?", value) else f"{operator}.{_in_list(value)}"
    )


def _in_list(text: str) -> str:
    """A text inside a list of conditions, quoted so that it cannot become another condition."""
    if re.fullmatch(r"[\w-]+", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _operator(condition: Mapping[str, Any]) -> str:
    chosen = read_text(condition.get("condition")) or "eq"
    if chosen == "fullText":
        return read_text(condition.get("searchFunction")) or "fts"
    if chosen not in {"eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "is", "in"}:
        raise InvalidInput(f"There is no condition {chosen!r}.", code="node.invalid_parameter", place="filters")
    return chosen


def supabase_needed_filters(parameters: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """The same, where none would mean every row of the table.

    Raises:
        InvalidInput: There is no condition.
    """
    found = supabase_filters(parameters, item)
    if not found:
        raise InvalidInput(
            "Without a condition every row of the table would be meant.",
            code="node.invalid_parameter",
            place="filters",
            hint="Add a condition.",
        )
    return found


def github_file(parameters: Mapping[str, Any], item: Item) -> str:
    """The content of a file for GitHub, in base64: a text, or a file of the item."""
    if parameters.get("binaryData"):
        content, _ = read_binary(item, read_text(parameters.get("binaryPropertyName")) or "data")
        return base64.b64encode(content).decode()
    return base64.b64encode(read_text(parameters.get("fileContent")).encode("utf-8", "replace")).decode()


def discord_embeds(parameters: Mapping[str, Any], _item: Item) -> list[Any]:
    """The embeds of a message: fields, or JSON.

    Raises:
        InvalidInput: The JSON is none.
    """
    made = []
    for entry in (parameters.get("embeds") or {}).get("values") or []:
        if entry.get("inputMethod") == "json":
            try:
                given = entry.get("json")
                made.append(parse_json(given) if isinstance(given, str) else given)
            except ValueError:
                raise InvalidInput(
                    "An embed is not valid JSON.", code="node.invalid_parameter", place="embeds"
                ) from None
            continue
        made.append(_embed(entry))
    return [one for one in made if one]


def _embed(entry: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: read_text(entry.get(name)) for name in ("title", "description", "url", "timestamp")}
    embed: dict[str, Any] = {name: value for name, value in found.items() if value}
    color = read_text(entry.get("color")).lstrip("#")
    if re.fullmatch(r"[0-9a-fA-F]{6}", color):
        embed["color"] = int(color, 16)
    for name in ("image", "thumbnail", "video"):
        if entry.get(name):
            embed[name] = {"url": read_text(entry[name])}
    if entry.get("author"):
        embed["author"] = {"name": read_text(entry["author"])}
    return embed


FOLDER = "application/vnd.google-apps.folder"
_ALL: Sequence[Callable[[Mapping[str, Any], Item], Any]] = (
    mail,
    columns,
    gmail_query,
    drive_query,
    drive_fields,
    file_name,
    attendees,
    supabase_fields,
    supabase_filters,
    supabase_needed_filters,
    notion_properties,
    notion_blocks,
    notion_filter,
    notion_sorts,
    docs_requests,
    parents,
    github_file,
    discord_embeds,
    hubspot_properties,
    hubspot_filters,
    hubspot_sorts,
    linkedin_text,
    nocodb_fields,
)
MAKERS: Mapping[str, Callable[[Mapping[str, Any], Item], Any]] = {one.__name__: one for one in _ALL}
"""By their names in the files."""
