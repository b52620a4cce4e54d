"""Write `emulators/telegram/facts.json`: every method of the Bot API with the types of its arguments and its answer.

Facts only, in short form: `"!Integer|String"` is a required number or text, `"[]MessageEntity"` an optional list.
Run: `python scripts/generate_telegram_facts.py ../shared/specs/FILE.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src" / "tapbot" / "emulators" / "telegram" / "facts.json"
SPECIFICATION = Path(__file__).parents[2] / "shared" / "specs" / "telegram-bot-api-10.1.json"


def generate(specification: dict[str, Any]) -> str:
    """Give the file's text: one line a method or type, so that a diff can be read."""
    methods = {name: _write_fields(method) for name, method in sorted(specification["methods"].items())}
    answers = {name: _write_choice(method["returns"]) for name, method in sorted(specification["methods"].items())}
    roots = [*methods.values(), answers]
    types = {name: _write_type(specification["types"][name]) for name in sorted(_reachable(specification, roots))}
    parts = [f'"version":{json.dumps(specification["version"])}']
    for title, facts in (("methods", methods), ("answers", answers), ("types", types)):
        lines = ",\n".join(f"{json.dumps(name)}:{_compact(fact)}" for name, fact in facts.items())
        parts.append(f'"{title}":{{\n{lines}\n}}')
    return "{" + ",\n".join(parts) + "}\n"


def _write_fields(described: dict[str, Any]) -> dict[str, str]:
    return {
        field["name"]: ("!" if field["required"] else "") + _write_choice(field["types"])
        for field in described.get("fields", [])
    }


def _write_type(described: dict[str, Any]) -> dict[str, str] | list[str]:
    """A type's fields, or the names of the types that it may be."""
    return described["subtypes"] if described.get("subtypes") else _write_fields(described)


def _write_choice(names: list[str]) -> str:
    return "|".join(_write_name(name) for name in names)


def _write_name(name: str) -> str:
    depth = name.count("Array of ")
    return "[]" * depth + name.replace("Array of ", "")


def _reachable(specification: dict[str, Any], methods: Any) -> set[str]:
    """The types that arguments and answers lead to."""
    found: set[str] = set()
    waiting = [fields for fields in methods]
    while waiting:
        fields = waiting.pop()
        written = fields if isinstance(fields, list) else list(fields.values())
        names = {one.lstrip("[]") for text in written for one in text.lstrip("!").split("|")}
        for name in (names & specification["types"].keys()) - found:
            found.add(name)
            waiting.append(_write_type(specification["types"][name]))
    return found


def _compact(fact: Any) -> str:
    return json.dumps(fact, separators=(",", ":"))


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SPECIFICATION
    TARGET.write_text(generate(json.loads(source.read_text("utf-8"))), "utf-8")
