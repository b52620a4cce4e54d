"""Parameters of older versions of Set in the form of version 3.4."""

from __future__ import annotations

from typing import Any

from tapbot.storage.types import JsonObject

FIRST_DEFAULTS: dict[str, Any] = {"boolean": False, "number": 0, "string": ""}
"""Types of the first versions, in the order in which they wrote them, with the value where none was given."""
FIELD_DEFAULTS: dict[str, Any] = {"string": "", "number": 0, "boolean": True, "array": "[]", "object": "{}"}


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 3.4 has them.

    Versions 1 and 2 had a list for each type and converted nothing; 3 to 3.2 a value for each type; up to 3.3 files
    were kept unless an option said otherwise.
    """
    raw: dict[str, Any] = dict(parameters)
    if version < 3:
        return _from_first(raw)
    if version < 3.3:
        raw = _from_fields(raw)
    if version < 3.4:
        options = dict(raw.get("options") or {})
        options["stripBinary"] = options.pop("includeBinary", True) is False
        raw |= {"options": options, "keepsFiles": "always"}
    return raw


def _from_first(raw: dict[str, Any]) -> dict[str, Any]:
    values = raw.get("values") or {}
    assignments = [
        {"name": entry.get("name", "propertyName"), "value": entry.get("value", default), "type": kind}
        for kind, default in FIRST_DEFAULTS.items()
        for entry in values.get(kind) or []
    ]
    keep_only_set = raw.get("keepOnlySet", False)
    return {
        "assignments": {"assignments": assignments},
        "includeOtherFields": _negated(keep_only_set),
        "options": raw.get("options") or {},
        "convertsTypes": False,
    }


def _negated(value: Any) -> Any:
    """Not the value; an expression is turned round where it stands."""
    if isinstance(value, str) and value.startswith("="):
        inner = value[1:].strip()
        if inner.startswith("{{") and inner.endswith("}}"):
            return f"={{{{ !({inner[2:-2].strip()}) }}}}"
    return not value


def _from_fields(raw: dict[str, Any]) -> dict[str, Any]:
    entries = (raw.pop("fields", None) or {}).get("values") or []
    assignments = []
    for entry in entries:
        kind = str(entry.get("type", "stringValue")).removesuffix("Value")
        value = entry.get(f"{kind}Value", FIELD_DEFAULTS.get(kind, ""))
        assignments.append({"name": entry.get("name", ""), "value": value, "type": kind})
    include = raw.pop("include", "all")
    kept = {"includeOtherFields": False} if include == "none" else {"includeOtherFields": True, "include": include}
    return {**raw, "assignments": {"assignments": assignments}, **kept}
