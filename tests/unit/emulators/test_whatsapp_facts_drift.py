"""The WhatsApp emulator's facts are those of the specification, and each amendment amends something."""

import pytest
import yaml
from scripts.generate_whatsapp_facts import SPECIFICATION, TARGET, generate

from tapbot.emulators.whatsapp.amendments import AMENDMENTS
from tapbot.emulators.whatsapp.facts import load_facts


def test_the_facts_are_up_to_date() -> None:
    if not SPECIFICATION.exists():
        pytest.skip(f"{SPECIFICATION} is not on this machine")
    expected = generate(yaml.load(SPECIFICATION.read_text("utf-8"), Loader=yaml.CSafeLoader))
    assert TARGET.read_text("utf-8") == expected, "Run: python scripts/generate_whatsapp_facts.py"


@pytest.mark.parametrize("amendment", AMENDMENTS, ids=lambda amendment: amendment.target)
def test_an_amendment_names_what_the_specification_has(amendment: object) -> None:
    facts = load_facts()
    assert amendment.target in facts.operations or amendment.target in facts.schemas  # type: ignore[attr-defined]
