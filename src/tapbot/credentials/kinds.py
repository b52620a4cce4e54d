"""The kinds of credentials: one YAML file each beside this one. Nothing lists them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tapbot.credentials.types import CredentialKind, Field, OAuth2
from tapbot.errors import InvalidInput, NotFound

ROOM = Path(__file__).parent / "kinds"
MOST_FIELD_BYTES = 32_000
TOKEN_FIELDS = frozenset({"accessToken", "refreshToken", "expiresAt"})
"""What an OAuth2 credential keeps of its tokens, beside what a person entered."""


@cache
def find_kind(name: str) -> CredentialKind:
    """The kind of that name.

    Raises:
        NotFound: There is none; the hint names the nearest.
    """
    file = ROOM / f"{name}.yaml"
    if name.isalnum() and file.is_file():
        return read_kind(name, yaml.safe_load(file.read_text("utf-8")))
    near = get_close_matches(name, kind_names(), n=3, cutoff=0.4)
    raise NotFound(
        f"there is no kind of credential {name!r}.",
        code="credential.unknown_kind",
        hint=f"Did you mean {' or '.join(near)}?" if near else "`tapbot credential kinds` lists them.",
    )


def kind_names() -> list[str]:
    """The names of all kinds."""
    return sorted(path.stem for path in ROOM.glob("*.yaml"))


def read_kind(name: str, raw: Mapping[str, Any]) -> CredentialKind:
    """A kind from its description."""
    basic = raw.get("basic")
    return CredentialKind(
        name=name,
        label=raw["label"],
        fields=tuple(_read_field(field, spec or {}) for field, spec in raw["fields"].items()),
        headers=raw.get("headers", {}),
        query=raw.get("query", {}),
        basic=(basic[0], basic[1]) if basic else None,
        oauth2=OAuth2(**raw["oauth2"]) if "oauth2" in raw else None,
        hosts=tuple(raw.get("hosts", ())),
        page=raw.get("page", ""),
    )


def _read_field(name: str, spec: Mapping[str, Any]) -> Field:
    return Field(
        name=name,
        label=spec.get("label", name),
        secret=spec.get("secret", False),
        required=spec.get("required", True),
        default=str(spec.get("default", "")),
        choices=tuple(spec.get("choices", ())),
    )


def check_fields(kind: CredentialKind, given: Mapping[str, Any]) -> dict[str, str]:
    """The fields as they are kept: defaults filled in. No message holds a value.

    Raises:
        InvalidInput: A field is unknown, missing, not a text, or too long.
    """
    known = {field.name: field for field in kind.fields}
    allowed = known.keys() | (TOKEN_FIELDS if kind.oauth2 else frozenset())
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise InvalidInput(
            f"{kind.name} has no field {unknown[0]!r}.",
            code="credential.bad_field",
            place=unknown[0],
            hint=f"It has: {', '.join(known)}.",
        )
    fields = {name: _as_text(kind, name, value) for name, value in given.items()}
    for field in kind.fields:
        value = fields.get(field.name) or field.default
        if not value and field.required:
            raise InvalidInput(f"{kind.name} needs {field.name!r}.", code="credential.bad_field", place=field.name)
        if value and field.choices and value not in field.choices:
            raise InvalidInput(
                f"{field.name!r} is one of {', '.join(field.choices)}.", code="credential.bad_field", place=field.name
            )
        if value:
            fields[field.name] = value
    return fields


def _as_text(kind: CredentialKind, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InvalidInput(f"{name!r} of {kind.name} must be a text.", code="credential.bad_field", place=name)
    text = str(value)
    if len(text.encode()) > MOST_FIELD_BYTES:
        raise InvalidInput(f"{name!r} has more than {MOST_FIELD_BYTES} bytes.", code="credential.bad_field", place=name)
    return text
