"""The page of a form, and reading what was sent with it. Every text of it is data and is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.replies import SANDBOX
from tapbot.workflow.node import WebhookReply

STYLE = """
:root{color-scheme:light dark;font-family:system-ui,sans-serif}
body{margin:0;padding:24px 16px;display:flex;justify-content:center}
main{width:100%;max-width:480px}
h1{font-size:1.4rem;margin:0 0 8px}
p{margin:0 0 16px;white-space:pre-line}
label,legend{display:block;margin:16px 0 4px;font-weight:600}
fieldset{border:0;padding:0;margin:0}
fieldset label{font-weight:400;margin:4px 0}
input:not([type=checkbox]):not([type=radio]),select,textarea{width:100%;box-sizing:border-box;padding:10px;font:inherit;
border:1px solid #8886;border-radius:8px;background:transparent;color:inherit}
button{margin-top:24px;width:100%;padding:12px;font:inherit;font-weight:600;border:0;border-radius:8px;
background:#1f6feb;color:#fff}
"""
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": f"default-src 'none'; style-src 'unsafe-inline'; {SANDBOX}",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
INPUTS = {"text": "text", "number": "number", "email": "email", "date": "date", "password": "password"}
LONGEST_TEXT = 100_000
Fields = Sequence[Mapping[str, Any]]


def form_page(title: str, description: str, fields: Fields) -> WebhookReply:
    """The page with the form; it is sent to its own address."""
    shown = "".join(_field(index, field) for index, field in enumerate(fields))
    told = f"<p>{escape(description)}</p>" if description else ""
    body = f'<h1>{escape(title)}</h1>{told}<form method="post">{shown}<button>Submit</button></form>'
    return _page(title, body, 200)


def form_note(title: str, text: str, *, status: int = 200) -> WebhookReply:
    """A page that only tells something."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", status)


def _page(title: str, body: str, status: int) -> WebhookReply:
    viewport = '<meta name="viewport" content="width=device-width,initial-scale=1">'
    head = f'<meta charset="utf-8">{viewport}<title>{escape(title)}</title><style>{STYLE}</style>'
    page = f"<!doctype html><html><head>{head}</head><body><main>{body}</main></body></html>"
    return WebhookReply(status, HEADERS, page.encode())


def _field(index: int, field: Mapping[str, Any]) -> str:
    name, kind = f"field-{index}", str(field["field_type"])
    label = escape(str(field["field_label"]))
    needed = " required" if field["required_field"] else ""
    if kind == "hiddenField":
        return ""
    if kind in {"checkbox", "radio"}:
        box = "".join(_choice(name, kind, option, needed) for option in choices(field))
        return f"<fieldset><legend>{label}</legend>{box}</fieldset>"
    head = f'<label for="{name}">{label}</label>'
    hint = f' placeholder="{escape(str(field["placeholder"]))}"' if field["placeholder"] else ""
    if kind == "textarea":
        return f'{head}<textarea id="{name}" name="{name}" rows="4"{hint}{needed}></textarea>'
    if kind == "dropdown":
        options = "".join(f"<option>{escape(option)}</option>" for option in choices(field))
        several = " multiple" if field["multiselect"] else ""
        empty = "" if several else '<option value=""></option>'
        return f'{head}<select id="{name}" name="{name}"{several}{needed}>{empty}{options}</select>'
    step = ' step="any"' if kind == "number" else ""
    return f'{head}<input id="{name}" name="{name}" type="{INPUTS[kind]}"{step}{hint}{needed}>'


def _choice(name: str, kind: str, option: str, needed: str) -> str:
    need = needed if kind == "radio" else ""
    return f'<label><input type="{kind}" name="{name}" value="{escape(option)}"{need}> {escape(option)}</label>'


def choices(field: Mapping[str, Any]) -> list[str]:
    """The choices of a field, as people read them."""
    return [str(entry["option"]) for entry in field["field_options"]["values"]]


def read_form(fields: Fields, sent: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The record that a form gives: values by label.

    Args:
        sent: Names and values, decoded, in order.

    Raises:
        InvalidInput: A value is missing, too long, or not one that the form asks for.
    """
    record: dict[str, Any] = {}
    for index, field in enumerate(fields):
        values = [value for name, value in sent if name == f"field-{index}" and value != ""]
        record[str(field["field_label"])] = _read(field, values)
    return record


def _read(field: Mapping[str, Any], values: list[str]) -> Any:
    label, kind = field["field_label"], field["field_type"]
    if kind == "hiddenField":
        return field["field_value"]
    if not values and field["required_field"]:
        raise _refusal(f"{label!r} must be filled in.")
    if any(len(value) > LONGEST_TEXT for value in values):
        raise _refusal(f"{label!r} is too long.")
    if kind in {"dropdown", "checkbox", "radio"}:
        if not set(values) <= set(choices(field)):
            raise _refusal(f"{label!r} has no such choice.")
        several = field["multiselect"] or kind == "checkbox"
        return values if several else (values[0] if values else None)
    value = values[0] if values else None
    if value is None:
        return None
    return _checked(kind, label, value)


def _checked(kind: str, label: str, value: str) -> Any:
    try:
        if kind == "number":
            number = float(value)
            return int(number) if number.is_integer() else number
        if kind == "date":
            return date.fromisoformat(value).isoformat()
    except (ValueError, OverflowError):
        raise _refusal(f"{label!r} is no {kind}.") from None
    if kind == "email" and ("@" not in value.strip("@") or any(char.isspace() for char in value)):
        raise _refusal(f"{label!r} is no e-mail address.")
    return value


def _refusal(message: str) -> InvalidInput:
    return InvalidInput(message, code="form.invalid", hint="Go back and correct it.")
