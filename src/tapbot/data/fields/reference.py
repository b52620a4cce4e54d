"""The id of a record of another collection. The store checks that it is there."""

from __future__ import annotations

from sqlalchemy import String

from tapbot.data.fields import uuid
from tapbot.data.types import FieldType, as_it_is

field_type = FieldType(column=lambda: String(36), parse=uuid.parse, show=as_it_is)
