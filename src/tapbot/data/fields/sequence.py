"""A running number with a prefix, such as `R-1001`. The store gives it to a new record."""

from __future__ import annotations

from sqlalchemy import String

from tapbot.data.fields import string
from tapbot.data.types import FieldType, as_it_is

field_type = FieldType(column=lambda: String(64), parse=string.parse, show=as_it_is, text=True, assigned=True)
