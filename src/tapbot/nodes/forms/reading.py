"""What was sent with a form: its body taken apart, checked field by field, and made an item. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from tapbot.errors import InvalidInput
from tapbot.nodes.date_formats import format_luxon
from tapbot.nodes.forms.fields import CHOOSING, Form, FormField
from tapbot.nodes.multipart import read_parts

LONGEST_TEXT = 100_000
MOST_FIELDS = 1000
File = dict[str, Any]


@dataclass(slots=True)
class Sent:
    """What a browser sent.

    Args:
        values: Texts by name, in order.
        files: Files by name, in order, as items keep them.
    """

    values: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, File]] = field(default_factory=list)

    def texts(self, name: str) -> list[str]:
        """The texts of a field that are not empty."""
        return [value for given, value in self.values if given == name and value != ""]


@dataclass(slots=True)
class Filled:
    """A form that was sent.

    Args:
        record: Values by the names of the fields.
        files: The item's files.
        problems: Names of texts (`texts.py`) by the places of the fields that do not fit.
    """

    record: dict[str, Any] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


class _Problem(Exception):
    """A value does not fit; the argument names the text that says so."""


def read_sent(raw_body: bytes, content_type: str) -> Sent:
    """The fields and files of a request.

    Raises:
        InvalidInput: It is not what a form sends.
    """
    if content_type.lower().startswith("multipart/form-data"):
        parts = read_parts(raw_body, content_type)
        files = [(name, value) for name, value in parts if isinstance(value, dict)]
        texts = [(name, value) for name, value in parts if isinstance(value, str)]
        return Sent(texts, [(name, file) for name, file in files if file["fileName"] or file["data"]])
    try:
        pairs = parse_qsl(raw_body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidInput("The form has too many fields.", code="webhook.malformed_body") from None
    return Sent(pairs)


def read_form(form: Form, sent: Sent, query: Mapping[str, str] | None = None) -> Filled:
    """The record of a form, or what is wrong with it.

    Args:
        query: Values from the page's address; hidden fields take them.
    """
    filled = Filled()
    for index, one in enumerate(form.fields):
        try:
            _read(one, f"field-{index}", sent, query or {}, filled)
        except _Problem as problem:
            filled.problems[index] = str(problem)
    return filled


def given_values(form: Form, sent: Sent) -> dict[int, list[str]]:
    """What stands in the fields when the page is shown again."""
    return {index: sent.texts(f"field-{index}") for index, _ in enumerate(form.fields)}


def values_from_query(form: Form, query: Mapping[str, str]) -> dict[int, list[str]]:
    """What the page's address puts into the fields."""
    found = {}
    for index, one in enumerate(form.fields):
        value = query.get(one.key, query.get(one.field_label))
        if value is not None and one.field_type not in {"html", "file", "hiddenField"}:
            found[index] = [part.strip() for part in value.split(",")] if one.several else [value]
    return found


def _read(one: FormField, name: str, sent: Sent, query: Mapping[str, str], filled: Filled) -> None:
    if one.field_type == "html":
        if one.element_name:
            filled.record[one.key] = one.html
        return
    if one.field_type == "hiddenField":
        filled.record[one.key] = query.get(one.key, one.field_value)[:LONGEST_TEXT]
        return
    if one.field_type == "file":
        _read_files(one, [file for given, file in sent.files if given == name], filled)
        return
    filled.record[one.key] = _value(one, sent.texts(name))


def _value(one: FormField, values: list[str]) -> Any:
    if not values and one.required_field:
        raise _Problem("required")
    if any(len(value) > LONGEST_TEXT for value in values):
        raise _Problem("too_long")
    if one.field_type in CHOOSING:
        if not set(values) <= set(one.choices):
            raise _Problem("no_choice")
        if one.several and (values or one.required_field) and not one.selections_fit(len(values)):
            raise _Problem("how_many")
        return values if one.several else (values[0] if values else None)
    return _checked(one, values[0]) if values else None


def _checked(one: FormField, value: str) -> Any:
    kind = one.field_type
    if kind == "number":
        return _number(value)
    if kind == "date":
        return _date(value, one.format_date)
    if kind == "email" and not re.fullmatch(r"[^\s@]+@[^\s@]+", value):
        raise _Problem("email")
    return value


def _number(value: str) -> int | float:
    try:
        number = float(value)
    except ValueError:
        raise _Problem("number") from None
    if not math.isfinite(number):
        raise _Problem("number")
    return int(number) if number.is_integer() else number


def _date(value: str, form: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _Problem("date") from None
    return format_luxon(datetime(day.year, day.month, day.day), form) if form else day.isoformat()  # noqa: DTZ001


def _read_files(one: FormField, files: Sequence[File], filled: Filled) -> None:
    if not files and one.required_field:
        raise _Problem("required")
    if len(files) > 1 and not one.multiple_files:
        raise _Problem("one_file")
    if one.endings and not all(str(file["fileName"]).lower().endswith(tuple(one.endings)) for file in files):
        raise _Problem("file")
    told = [_describe(file) for file in files]
    filled.record[one.key] = told if one.multiple_files else (told[0] if told else None)
    field_name = re.sub(r"\W", "_", one.key)
    for index, file in enumerate(files):
        filled.files[f"{field_name}_{index}" if one.multiple_files else field_name] = file


def _describe(file: File) -> dict[str, Any]:
    padding = str(file["data"])[-2:].count("=")
    size = len(file["data"]) * 3 // 4 - padding
    return {"filename": file["fileName"], "mimetype": file["mimeType"], "size": size}
