"""The emulator's facts are those of the specification."""

import json

import pytest
from scripts.generate_telegram_facts import SPECIFICATION, TARGET, generate


def test_the_facts_are_up_to_date() -> None:
    if not SPECIFICATION.exists():
        pytest.skip(f"{SPECIFICATION} is not on this machine")
    expected = generate(json.loads(SPECIFICATION.read_text("utf-8")))
    assert TARGET.read_text("utf-8") == expected, "Run: python scripts/generate_telegram_facts.py"
