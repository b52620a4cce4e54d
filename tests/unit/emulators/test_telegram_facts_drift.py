"""The emulator's facts are those of the specification, and each amendment amends something."""

import json

import pytest
from scripts.generate_telegram_facts import SPECIFICATION, TARGET, generate

from tapbot.emulators.telegram.amendments import NEWER_ARGUMENTS, NEWER_FIELDS, OLDER_ARGUMENTS
from tapbot.emulators.telegram.methods import METHODS


def test_the_facts_are_up_to_date() -> None:
    if not SPECIFICATION.exists():
        pytest.skip(f"{SPECIFICATION} is not on this machine")
    expected = generate(json.loads(SPECIFICATION.read_text("utf-8")))
    assert TARGET.read_text("utf-8") == expected, "Run: python scripts/generate_telegram_facts.py"


def test_an_amendment_goes_when_the_specification_has_it() -> None:
    facts = json.loads(TARGET.read_text("utf-8"))
    amended = [(facts["types"][name], fields) for name, fields in NEWER_FIELDS.items()]
    amended += [(facts["methods"][name], arguments) for name, arguments in NEWER_ARGUMENTS.items()]
    amended += [
        (known, older)
        for known in facts["methods"].values()
        for replaced_by, older in OLDER_ARGUMENTS.items()
        if replaced_by in known
    ]
    assert [name for known, names in amended for name in names if name in known] == []


def test_each_method_that_does_something_is_one_of_the_specification() -> None:
    assert METHODS.keys() - json.loads(TARGET.read_text("utf-8"))["methods"].keys() == set()
