"""Entries of a feed: RSS 2.0, RSS 1.0 and Atom, with the fields that n8n's users know. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from html import unescape
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.date_formats import utc_iso
from tapbot.nodes.dates import read_date
from tapbot.nodes.markup.xml import XmlReading, read_xml
from tapbot.storage.types import JsonObject

ACCEPTED = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8"
MOST_ENTRIES = 10_000
SNIPPET = 100_000
PLAIN = (
    "title",
    "link",
    "pubDate",
    "author",
    "dc:creator",
    "dc:date",
    "content:encoded",
    "comments",
    "guid",
    "summary",
)
READING = XmlReading(merge_attributes=False, explicit_array=True, trim=True)


def read_feed(text: str, custom_fields: Sequence[str]) -> list[JsonObject]:
    """The entries of a feed.

    Args:
        custom_fields: More elements of an entry to give.

    Raises:
        InvalidInput: The text is no feed.
    """
    document = read_xml(text, READING)
    name, root = next(iter(document.items()))
    if not isinstance(root, dict) or name not in {"rss", "feed", "rdf:RDF"}:
        raise InvalidInput(
            "The address gave no feed.", code="node.invalid_feed", place="url", hint="RSS and Atom are known."
        )
    if name == "feed":
        entries = [_atom_entry(entry, custom_fields) for entry in _dicts(root.get("entry"))]
    else:
        holder = _dicts(root.get("channel"))[:1] if name == "rss" else [root]
        entries = [_rss_entry(entry, custom_fields) for one in holder for entry in _dicts(one.get("item"))]
    return entries[:MOST_ENTRIES]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value or [] if isinstance(entry, dict)]


def _text(value: Any) -> str | None:
    """The text of the first element."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        first = first.get("_")
    return first if isinstance(first, str) else None


def _rss_entry(entry: dict[str, Any], custom_fields: Sequence[str]) -> JsonObject:
    told: JsonObject = {}
    for name in PLAIN:
        if (text := _text(entry.get(name))) is not None:
            told[name] = text
    if "dc:creator" in told:
        told["creator"] = told["dc:creator"]
    for enclosure in _dicts(entry.get("enclosure"))[:1]:
        told["enclosure"] = enclosure.get("$") or {}
    content = _text(entry.get("description"))
    if content is not None:
        told["content"] = content
        told["contentSnippet"] = _snippet(content)
    if isinstance(told.get("content:encoded"), str):
        told["content:encodedSnippet"] = _snippet(str(told["content:encoded"]))
    if entry.get("category"):
        told["categories"] = [_text(category) for category in entry["category"]]
    return _finish(told, entry, told.get("pubDate") or told.get("dc:date"), custom_fields)


def _atom_entry(entry: dict[str, Any], custom_fields: Sequence[str]) -> JsonObject:
    told: JsonObject = {}
    for name in ("title", "id", "summary"):
        if (text := _text(entry.get(name))) is not None:
            told[name] = text
    links = [link.get("$") or {} for link in _dicts(entry.get("link"))]
    chosen = next((link for link in links if link.get("rel", "alternate") == "alternate"), links[0] if links else {})
    if "href" in chosen:
        told["link"] = chosen["href"]
    date = _text(entry.get("published")) or _text(entry.get("updated"))
    if date:
        told["pubDate"] = date
    for author in _dicts(entry.get("author"))[:1]:
        told["author"] = _text(author.get("name"))
    content = _text(entry.get("content"))
    if content is not None:
        told["content"] = content
        told["contentSnippet"] = _snippet(content)
    return _finish(told, entry, date, custom_fields)


def _finish(told: JsonObject, entry: dict[str, Any], date: Any, custom_fields: Sequence[str]) -> JsonObject:
    moment = read_date(date, UTC)
    if moment is not None:
        told["isoDate"] = utc_iso(moment.astimezone(UTC))
    for name in custom_fields:
        if name in entry:
            told[name] = _text(entry[name]) if _text(entry[name]) is not None else entry[name][0]
    return told


def _snippet(html: str) -> str:
    """The text without its markup."""
    text = re.sub(
        r"([^\n])</?(?:h[1-6]|br|p|ul|ol|li|blockquote|section|table|tr|div)\b[^>]*>([^\n])", r"\1\n\2", html[:SNIPPET]
    )
    return unescape(re.sub(r"<[^>]*>", "", text)).strip()
