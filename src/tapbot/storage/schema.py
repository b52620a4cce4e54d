"""The version of the database's schema: checked at each start, brought up to date when it is older."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from tapbot.errors import Conflict
from tapbot.loader import load
from tapbot.storage.columns import metadata

VERSIONS = Path(__file__).parent / "migrations" / "versions"
ROOMS_WITH_TABLES = ("access", "credentials", "data", "events", "inbox", "project", "storage", "workflow")


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: from which step to which.

    Args:
        database: `"sqlite"` or `"postgresql"`.
    """

    database: str
    before: str | None
    after: str


def newest_version() -> str:
    """Name of the newest step; files are named `0001_…`, `0002_…`."""
    return max(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))


def step_names(before: str | None, after: str) -> list[str]:
    """The steps from one version to another, such as `"0001_the_first_tables"`."""
    names = sorted(path.stem for path in VERSIONS.glob("[0-9]*.py"))
    return [name for name in names if (before or "") < name[:4] <= after]


def schema_version(db: Connection) -> str | None:
    """The step that a database stands at; `None` for an empty one."""
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def bring_up_to_date(db: Connection) -> bool:
    """Apply what is missing; `True` if something was.

    Raises:
        Conflict: The database was written by a newer tapbot.
    """
    current, newest = schema_version(db), newest_version()
    if current == newest:
        return False
    if current is not None and current > newest:
        raise Conflict(
            f"the data was written by a newer tapbot (schema {current}; this one knows {newest}).",
            code="storage.newer_schema",
            hint="Install the newer version again, or restore a backup made before the update.",
        )
    if current is None and db.dialect.name == "sqlite":
        make_new(db)
    else:
        load("tapbot.storage.migrations.runner").upgrade(db)
    return True


def make_new(db: Connection) -> None:
    """Make all tables of the newest schema in an empty SQLite file.

    The same as all steps one after another, which a test compares, without the time that Alembic takes to import: a
    first start shall answer as soon as any other.
    """
    for room in ROOMS_WITH_TABLES:
        load(f"tapbot.{room}.tables")
    metadata.create_all(db)
    db.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    db.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": newest_version()})
