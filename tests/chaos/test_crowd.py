"""A small crowd with kills: `make soak-conversations` is the large one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chaos.crowd import Size
from tests.chaos.crowded import over_telegram, over_whatsapp
from tests.servers.postgres import FOLDERS
from tests.servers.redis import PROGRAM

SMALL = Size(updates=32, kills=1, at_once=8)
pytestmark = pytest.mark.timeout(300)


def test_a_crowd_in_telegram_gets_what_it_asked_for_once(tmp_path: Path) -> None:
    verdict = over_telegram(tmp_path, SMALL)
    assert verdict.violations == [], verdict.figures
    assert verdict.figures["rides"] == 8


@pytest.mark.skipif(not FOLDERS or PROGRAM is None, reason="needs PostgreSQL and redis-server on this machine")
def test_a_crowd_in_whatsapp_before_three_workers_gets_what_it_asked_for_once(tmp_path: Path) -> None:
    verdict = over_whatsapp(tmp_path, SMALL)
    assert verdict.violations == [], verdict.figures
    assert verdict.figures["rides"] == 8
