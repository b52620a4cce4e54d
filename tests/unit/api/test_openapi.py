"""The OpenAPI document in the console's folder is what the code says."""

import json
from pathlib import Path

from tapbot.api.management import describe_management

ROOT = Path(__file__).parents[3]


def test_the_document_is_up_to_date() -> None:
    kept = json.loads((ROOT / "console" / "openapi.json").read_text("utf-8"))
    assert kept == json.loads(json.dumps(describe_management())), "run `python scripts/generate_openapi.py`"


def test_every_operation_has_a_name_of_its_own_and_a_description() -> None:
    paths = describe_management()["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]  # type: ignore[attr-defined]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["description"] for operation in operations)
