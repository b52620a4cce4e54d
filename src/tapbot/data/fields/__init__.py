"""One file a type of field. A new type is a new file with a `field_type` in it; nothing else is edited."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import cast

from tapbot.data.types import FieldType
from tapbot.errors import InvalidInput
from tapbot.loader import load


def known_field_types() -> list[str]:
    """Names of all types of fields: the files of this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


@lru_cache(maxsize=64)
def find_field_type(name: str) -> FieldType:
    """The type of field that has a name.

    Raises:
        InvalidInput: There is none; the message lists them.
    """
    if name not in known_field_types():
        raise InvalidInput(
            f"there is no field type {name!r}.",
            code="data.unknown_field_type",
            hint=f"Use one of: {', '.join(known_field_types())}.",
        )
    return cast(FieldType, load(f"{__name__}.{name}").field_type)
