"""Write `console/openapi.json`, from which the console's types are made. The same code gives the same bytes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tapbot.api.management import describe_management

TARGET = Path(__file__).resolve().parent.parent / "console" / "openapi.json"


def render() -> str:
    """The document as text."""
    return json.dumps(describe_management(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Write the file; with `--check` only say whether it is up to date."""
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.is_file() and TARGET.read_text("utf-8") == text:
            return 0
        sys.stderr.write(f"{TARGET} is out of date: run `python scripts/generate_openapi.py`.\n")
        return 1
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
