"""A small broadcast with a kill: `make prove-broadcast` is the large one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chaos.broadcasting import Size, over_telegram

pytestmark = pytest.mark.timeout(300)


def test_everybody_who_agreed_gets_a_broadcast_once_within_the_limits(tmp_path: Path) -> None:
    verdict = over_telegram(tmp_path, Size(people=120, kills=1))
    assert verdict.violations == [], verdict.figures
    assert verdict.figures["kills"] == 1
