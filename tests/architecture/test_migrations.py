"""Migrations stand in one line: two that were made side by side may not have the same number."""

from __future__ import annotations

import re
from pathlib import Path

VERSIONS = Path(__file__).resolve().parents[2] / "src/tapbot/storage/migrations/versions"
NUMBER = re.compile(r'^(revision|down_revision) = (?:"(\d{4})"|None)$', re.M)


def test_each_migration_follows_the_one_before() -> None:
    files = sorted(VERSIONS.glob("[0-9]*.py"))
    numbers = [dict(NUMBER.findall(file.read_text("utf-8"))) for file in files]
    revisions = [one["revision"] for one in numbers]
    assert revisions == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert [file.name[:4] for file in files] == revisions
    assert [one["down_revision"] for one in numbers] == ["", *revisions[:-1]]
