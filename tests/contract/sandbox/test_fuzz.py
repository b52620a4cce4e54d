"""Scripts that nobody would write: a small part of the hour that `make soak` takes."""

from __future__ import annotations

import pytest
from tests.contract.sandbox.fuzzing import BATCH, HOST_SECRET, OTHER_SECRET, Kind, fuzz, open_fuzz


@pytest.mark.parametrize(("kind", "examples"), [("expression", 2 * BATCH), ("code", 2 * BATCH), ("python", 2 * BATCH)])
def test_no_script_gets_out_of_its_evaluation(kind: Kind, examples: int) -> None:
    fuzzed = fuzz(kind, examples=examples, seed=20261123)
    assert sum(fuzzed.outcomes.values()) >= examples // 2, fuzzed.outcomes
    assert fuzzed.outcomes[f"{kind}: answered"] > examples // 3, fuzzed.outcomes


@pytest.mark.parametrize("secret", [HOST_SECRET, OTHER_SECRET])
def test_a_script_that_saw_a_secret_would_be_noticed(secret: str) -> None:
    with open_fuzz() as (runner, world), pytest.raises(AssertionError, match="a script saw"):
        runner.run(world.attack("expression", "={{ " + repr(secret) + " }}"))
