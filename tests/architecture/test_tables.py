"""Every row says whose it is, from the first migration on."""

from __future__ import annotations

from sqlalchemy import MetaData
from tests.architecture.tree import PACKAGE

from tapbot.loader import load
from tapbot.storage.columns import metadata


def all_tables() -> MetaData:
    for path in sorted(PACKAGE.glob("*/tables.py")):
        load(f"tapbot.{path.parent.name}.tables")
    return metadata


def test_every_table_has_a_project_and_an_environment() -> None:
    lacking = {
        table.name: sorted({"project_id", "environment"} - set(table.columns.keys()))
        for table in all_tables().tables.values()
        if not {"project_id", "environment"} <= set(table.columns.keys())
    }
    assert lacking == {}


def test_every_run_keeps_its_release() -> None:
    runs = all_tables().tables["runs"]
    assert not runs.c.release.nullable


def test_no_time_is_kept_without_a_zone() -> None:
    naive = [
        f"{table.name}.{column.name}"
        for table in all_tables().tables.values()
        for column in table.columns
        if type(column.type).__name__ in {"DateTime", "TIMESTAMP"}
    ]
    assert naive == []
