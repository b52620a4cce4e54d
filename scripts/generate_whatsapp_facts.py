"""Write `emulators/whatsapp/facts.json`: what the Cloud API's specification says about request bodies.

Facts only: JSON Schema without words, `allOf` merged, one line a schema. Run:
`python scripts/generate_whatsapp_facts.py ../shared/specs/FILE.yaml`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parents[1] / "src" / "tapbot" / "emulators" / "whatsapp" / "facts.json"
SPECIFICATION = Path(__file__).parents[2] / "shared" / "specs" / "whatsapp-business-messaging-23.0.yaml"
REFERENCE = "#/components/schemas/"
KEPT = ("type", "enum", "maxLength", "minItems", "maxItems", "required")
Json = dict[str, Any]


def generate(specification: Json) -> str:
    """Give the file's text: one line an operation or schema, so that a diff can be read."""
    schemas: Json = specification["components"]["schemas"]
    operations = dict(_operations(specification["paths"], schemas))
    reached = {name: _write(schemas[name], schemas) for name in sorted(_reachable(operations, schemas))}
    parts = [f'"version":{json.dumps(specification["info"]["version"])}']
    for title, facts in (("operations", operations), ("schemas", reached)):
        lines = ",\n".join(f"{json.dumps(name)}:{_compact(fact)}" for name, fact in sorted(facts.items()))
        parts.append(f'"{title}":{{\n{lines}\n}}')
    return "{" + ",\n".join(parts) + "}\n"


def _operations(paths: Json, schemas: Json) -> Any:
    """Method and path without the version, with the schema of the JSON body."""
    for path, described in paths.items():
        for verb in ("post", "delete"):
            content = described.get(verb, {}).get("requestBody", {}).get("content", {})
            if "application/json" in content and path.startswith("/{Version}/"):
                yield (
                    f"{verb.upper()} {path.removeprefix('/{Version}')}",
                    _write(content["application/json"]["schema"], schemas),
                )


def _write(schema: Json, schemas: Json) -> Json:
    """One schema: its facts alone."""
    if "$ref" in schema:
        return {"is": schema["$ref"].removeprefix(REFERENCE)}
    if "allOf" in schema:
        return _merge([_write(_follow(part, schemas), schemas) for part in schema["allOf"]])
    written = {name: schema[name] for name in KEPT if name in schema}
    if mapping := schema.get("discriminator", {}).get("mapping"):
        # What a mapped schema adds leads back here through `allOf`: the fields are read where the mapping leads.
        written["by"] = schema["discriminator"]["propertyName"]
        written["of"] = {value: target.removeprefix(REFERENCE) for value, target in sorted(mapping.items())}
    if "properties" in schema:
        written["properties"] = {name: _write(one, schemas) for name, one in schema["properties"].items()}
    if "items" in schema:
        written["items"] = _write(schema["items"], schemas)
    if "oneOf" in schema and not mapping:
        written["oneOf"] = [_write(one, schemas) for one in schema["oneOf"]]
    return written


def _follow(schema: Json, schemas: Json) -> Json:
    return schemas[schema["$ref"].removeprefix(REFERENCE)] if "$ref" in schema else schema


def _merge(parts: list[Json]) -> Json:
    merged: Json = {"type": "object", "required": [], "properties": {}}
    for part in parts:
        merged["required"] += [name for name in part.get("required", []) if name not in merged["required"]]
        merged["properties"] |= part.get("properties", {})
    return merged


def _reachable(operations: Json, schemas: Json) -> set[str]:
    """The schemas that bodies lead to."""
    found: set[str] = set()
    waiting: list[Any] = [operations]
    while waiting:
        fact = waiting.pop()
        if isinstance(fact, list):
            waiting += fact
        if not isinstance(fact, dict):
            continue
        names = {fact["is"]} if isinstance(fact.get("is"), str) else set()
        names |= set(fact["of"].values()) if isinstance(fact.get("by"), str) else set()
        waiting += fact.values()
        for name in (names & schemas.keys()) - found:
            found.add(name)
            waiting.append(_write(schemas[name], schemas))
    return found


def _compact(fact: Any) -> str:
    return json.dumps(fact, separators=(",", ":"))


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SPECIFICATION
    TARGET.write_text(generate(yaml.safe_load(source.read_text("utf-8"))), "utf-8")
