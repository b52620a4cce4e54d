"""What a start does not load: it costs seconds and memory, and most servers never need it."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = (
    "alembic",
    "fastapi",
    "graphql",
    "h11",
    "httpcore2",
    "httpx",
    "lingua",
    "openai",
    "phonenumbers",
    "py_mini_racer",
    "pydantic_ai",
    "quickjs",
    "rich",
    "snowballstemmer",
)


def test_serving_loads_nothing_heavy() -> None:
    program = f"import sys, json, tapbot.app.serving; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
