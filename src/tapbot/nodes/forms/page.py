"""The page of a form. Every text of it is data and is escaped; HTML of the author's is cleaned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tapbot.nodes.forms.fields import Form, FormField
from tapbot.nodes.forms.safe_html import clean_html, clean_lines
from tapbot.nodes.forms.texts import say
from tapbot.nodes.replies import SANDBOX
from tapbot.workflow.node import WebhookReply

STYLE = """
:root{color-scheme:light dark;font-family:system-ui,sans-serif}
body{margin:0;padding:24px 16px;display:flex;justify-content:center}
main{width:100%;max-width:480px}
h1{font-size:1.4rem;margin:0 0 8px}
p{margin:0 0 16px}
label,legend{display:block;margin:16px 0 4px;font-weight:600}
fieldset{border:0;padding:0;margin:0}
fieldset label{font-weight:400;margin:4px 0}
input:not([type=checkbox]):not([type=radio]):not([type=hidden]),select,textarea{width:100%;box-sizing:border-box;
padding:10px;font:inherit;border:1px solid #8886;border-radius:8px;background:transparent;color:inherit}
[aria-invalid=true]{border-color:#c62828!important}
.problem{color:#c62828;margin:4px 0 0}
@media(prefers-color-scheme:dark){.problem{color:#ff8a80}}
.required::after{content:" *"}
button{margin-top:24px;width:100%;padding:12px;font:inherit;font-weight:600;border:0;border-radius:8px;
background:#1f6feb;color:#fff}
img,video{max-width:100%}
"""
CONTENT = "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; media-src https: http:"
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": f"{CONTENT}; {SANDBOX}",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
INPUTS = {"number": "number", "email": "email", "date": "date", "password": "password"}
NONCE = "form-nonce"
RELOAD_SECONDS = 1

Given = Mapping[int, Sequence[str]]
"""What stands in the fields, by their places."""


def form_page(
    form: Form,
    language: str = "en",
    *,
    given: Given | None = None,
    problems: Mapping[int, str] | None = None,
    nonce: str = "",
) -> WebhookReply:
    """The page with the form; it is sent to its own address.

    Args:
        given: Values in place of the defaults.
        problems: What is wrong, by field: the page is shown again, with what was sent.
        nonce: Tells one showing of the page from another, so that a press counts once.
    """
    values = given or {}
    told = problems or {}
    shown = "".join(_field(index, field, values, told, language) for index, field in enumerate(form.fields))
    about = f"<p>{clean_lines(form.description)}</p>" if form.description else ""
    wrong = f'<p class="problem" role="alert">{say("problems", language)}</p>' if told else ""
    files = ' enctype="multipart/form-data"' if any(one.field_type == "file" for one in form.fields) else ""
    once = f'<input type="hidden" name="{NONCE}" value="{escape(nonce)}">' if nonce else ""
    button = escape(form.button or say("submit", language))
    body = f'<h1>{escape(form.title)}</h1>{about}{wrong}<form method="post"{files}>{once}{shown}'
    return page(form.title, f"{body}<button>{button}</button></form>", 422 if told else 200, language, css=form.css)


def form_note(
    title: str, text: str, *, status: int = 200, language: str = "en", tab: str = "", css: str = ""
) -> WebhookReply:
    """A page that only tells something.

    Args:
        tab: Title of the browser's tab, where it is another.
    """
    return page(tab or title, f"<h1>{escape(title)}</h1><p>{clean_lines(text)}</p>", status, language, css=css)


def form_wait(language: str) -> WebhookReply:
    """A page that looks again after a moment. It is ours alone, and a sandbox would keep it from looking again."""
    text = escape(say("working", language))
    body = f'<h1>…</h1><p role="status">{text}</p>'
    reply = page("…", body, 200, language, head=f'<meta http-equiv="refresh" content="{RELOAD_SECONDS}">')
    return WebhookReply(reply.status, {**HEADERS, "content-security-policy": CONTENT}, reply.body)


def page(title: str, body: str, status: int, language: str, *, css: str = "", head: str = "") -> WebhookReply:
    """A page of ours that needs no script.

    Args:
        body: HTML, whose texts are escaped.
    """
    viewport = '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
    own = f"<style>{css.replace('<', ' ')}</style>" if css else ""
    top = f'<meta charset="utf-8">{viewport}{head}<title>{escape(title)}</title><style>{STYLE}</style>{own}'
    page = f'<!doctype html><html lang="{language}"><head>{top}</head><body><main>{body}</main></body></html>'
    return WebhookReply(status, HEADERS, page.encode("utf-8", "replace"))


def _field(index: int, field: FormField, given: Given, problems: Mapping[int, str], language: str) -> str:
    kind = field.field_type
    if kind == "hiddenField":
        return ""
    if kind == "html":
        return f"<div>{clean_html(field.html)}</div>"
    problem = problems.get(index)
    told = f'<p class="problem" id="problem-{index}">{escape(say(problem, language))}</p>' if problem else ""
    values = given.get(index)
    if values is None:
        values = _defaults(field)
    return _input(index, field, values, problem is not None) + told


def _defaults(field: FormField) -> Sequence[str]:
    if not field.default_value:
        return ()
    return [part.strip() for part in field.default_value.split(",")] if field.several else [field.default_value]


def _input(index: int, field: FormField, values: Sequence[str], wrong: bool) -> str:
    name, kind = f"field-{index}", field.field_type
    label, mark = escape(field.field_label), ' class="required"' if field.required_field else ""
    state = " required" if field.required_field else ""
    state += f' aria-invalid="true" aria-describedby="problem-{index}"' if wrong else ""
    if kind in {"checkbox", "radio"}:
        boxes = "".join(_choice(name, kind, option, option in values) for option in field.choices)
        return f"<fieldset><legend{mark}>{label}</legend>{boxes}</fieldset>"
    head = f'<label for="{name}"{mark}>{label}</label>'
    state += f' placeholder="{escape(field.placeholder)}"' if field.placeholder else ""
    if kind == "textarea":
        return f'{head}<textarea id="{name}" name="{name}" rows="4"{state}>{escape(_first(values))}</textarea>'
    if kind == "dropdown":
        return head + _dropdown(name, field, values, state)
    if kind == "file":
        several = " multiple" if field.multiple_files else ""
        accept = f' accept="{escape(",".join(field.endings))}"' if field.endings else ""
        return f'{head}<input id="{name}" name="{name}" type="file"{several}{accept}{state}>'
    state += ' step="any"' if kind == "number" else ""
    value = "" if kind == "password" else f' value="{escape(_first(values))}"'
    return f'{head}<input id="{name}" name="{name}" type="{INPUTS.get(kind, "text")}"{value}{state}>'


def _dropdown(name: str, field: FormField, values: Sequence[str], state: str) -> str:
    options = "".join(
        f"<option{' selected' if option in values else ''}>{escape(option)}</option>" for option in field.choices
    )
    several = " multiple" if field.multiselect else ""
    empty = "" if several else '<option value=""></option>'
    return f'<select id="{name}" name="{name}"{several}{state}>{empty}{options}</select>'


def _choice(name: str, kind: str, option: str, chosen: bool) -> str:
    checked = " checked" if chosen else ""
    value = escape(option)
    return f'<label><input type="{kind}" name="{name}" value="{value}"{checked}> {value}</label>'


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""
